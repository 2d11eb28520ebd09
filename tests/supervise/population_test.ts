import assert from "node:assert/strict";
import { test } from "node:test";
import { Scoreboard } from "../../lib/scoreboard/scoreboard.ts";
import { WaitingCount } from "../../lib/scoreboard/waiting_count.ts";
import { FixedPopulation, type Member } from "../../lib/supervise/population.ts";

const members = (n: number): Member[] =>
  Array.from({ length: n }, (_, i) => ({ pid: i + 1, kind: "server", retiring: false, dismissed: false }));

test("a fixed population starts what is missing, and dismisses what TTOU took away", () => {
  const population = new FixedPopulation(2);
  assert.equal(population.words, "2 children");
  assert.deepEqual(population.measures([]), { start: 2, successorsFor: [], dismiss: [] });
  assert.deepEqual(population.scale(1), { line: "Increasing max server count (3)" });
  assert.deepEqual(population.measures(members(2)), { start: 1, successorsFor: [], dismiss: [] });
  assert.deepEqual(population.scale(-1), { line: "Decreasing max server count (2)" });
  assert.deepEqual(population.measures(members(3)), { start: 0, successorsFor: [], dismiss: [3] });
  assert.deepEqual(population.measures(members(2)), { start: 0, successorsFor: [], dismiss: [] });
});

test("the last child stays, however often TTOU comes", () => {
  const population = new FixedPopulation(2);
  population.scale(-1);
  population.measures(members(2));
  for (let i = 0; i < 3; i++) {
    assert.ok("refused" in population.scale(-1));
    assert.deepEqual(population.measures(members(1)), { start: 0, successorsFor: [], dismiss: [] });
  }
  assert.equal(population.words, "1 child");
  assert.deepEqual(population.scale(1), { line: "Increasing max server count (2)" });
});

test("where children serve several clients at once, one that is to leave has another beside it, and no more", () => {
  const scoreboard = Scoreboard.create(8);
  const population = new FixedPopulation(2, new WaitingCount(scoreboard.memory));
  const retiring = (n: number) => members(n).map((member) => ({ ...member, retiring: true }));
  assert.deepEqual(population.measures([...retiring(1), ...members(1)]), {
    start: 1,
    successorsFor: [],
    dismiss: [],
  });
  assert.deepEqual(population.measures([...retiring(2), ...members(1)]), {
    start: 1,
    successorsFor: [],
    dismiss: [],
  });
  // Those that never leave do not fill the machine.
  assert.deepEqual(population.measures([...retiring(4)]), { start: 0, successorsFor: [], dismiss: [] });
});
