import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../config/net_server.ts";
import { Deadline, Deadlines } from "../../lib/multiplex/deadlines.ts";

test("Deadlines ring those that are due, once, the earliest first", () => {
  const rung: string[] = [];
  const deadlines = new Deadlines();
  assert.equal(deadlines.next, Infinity);
  for (const [name, at] of [["c", 30], ["a", 10], ["d", 40], ["b", 20]] as const) {
    deadlines.set(new Deadline(() => rung.push(name)), at);
  }
  assert.equal(deadlines.next, 10);
  deadlines.ring(30);
  assert.deepEqual(rung, ["a", "b", "c"]);
  assert.equal(deadlines.next, 40);
  deadlines.ring(39);
  assert.deepEqual(rung, ["a", "b", "c"]);
});

test("a Deadline can be moved, called off, and set again while it rings", () => {
  const deadlines = new Deadlines();
  let rings = 0;
  const again = new Deadline(() => {
    if (++rings < 3) deadlines.set(again, 100 * rings);
  });
  const off = new Deadline(() => assert.fail("it was called off"));
  deadlines.set(off, 5);
  deadlines.set(again, 50);
  deadlines.set(again, 10);
  deadlines.set(off, Infinity);
  assert.equal(deadlines.next, 10);
  deadlines.ring(10);
  assert.equal(deadlines.next, 100);
  deadlines.ring(1000);
  assert.equal(rings, 3);
  assert.equal(deadlines.next, Infinity);
});

test("the next of Deadlines is the least, whatever is set and called off", () => {
  const random = randomNumbers(11);
  const deadlines = new Deadlines();
  const rung: Deadline[] = [];
  const all = Array.from({ length: 60 }, () => {
    const deadline: Deadline = new Deadline(() => rung.push(deadline));
    return deadline;
  });
  const model = new Map<Deadline, number>();
  for (let round = 0; round < 20_000; round++) {
    const deadline = all[Math.floor(random() * all.length)] as Deadline;
    const kind = random();
    if (kind < 0.6) {
      const at = Math.floor(random() * 1000);
      deadlines.set(deadline, at);
      model.set(deadline, at);
    } else if (kind < 0.9) {
      deadlines.set(deadline, Infinity);
      model.delete(deadline);
    } else {
      const now = Math.floor(random() * 200);
      rung.length = 0;
      deadlines.ring(now);
      const due = [...model].filter(([, at]) => at <= now).map(([which]) => which);
      assert.deepEqual(new Set(rung), new Set(due));
      const times = rung.map((which) => model.get(which) as number);
      assert.deepEqual(times, times.toSorted((a, b) => a - b));
      for (const which of due) model.delete(which);
    }
    assert.equal(deadlines.next, Math.min(Infinity, ...model.values()));
  }
});
