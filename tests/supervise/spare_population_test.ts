import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../lib/config/options.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { STATE } from "../../lib/scoreboard/layout.ts";
import { Scoreboard, type Slot } from "../../lib/scoreboard/scoreboard.ts";
import { WaitingCount } from "../../lib/scoreboard/waiting_count.ts";
import type { Member } from "../../lib/supervise/population.ts";
import { type SpareParts, SparePopulation } from "../../lib/supervise/spare_population.ts";

const NUMBERS = { minServers: 3, minSpareServers: 2, maxSpareServers: 4, maxServers: 8 };
/** Each look is one at which something is due. */
const AT_ONCE = { checkForWaiting: 0, minChildTtl: 0, checkForSpawn: 0 };

/** A population over a scoreboard whose children are what a test says. */
class Scene {
  readonly scoreboard: Scoreboard = Scoreboard.create(20);
  readonly count: WaitingCount = new WaitingCount(this.scoreboard.memory);
  readonly lines: string[] = [];
  readonly population: SparePopulation;
  readonly members: Member[] = [];
  #changed = Date.now();

  constructor(numbers: Partial<typeof NUMBERS> = {}, more: Partial<SpareParts> = {}) {
    this.population = new SparePopulation({
      config: { ...NUMBERS, ...AT_ONCE, ...numbers } as Config,
      listeners: [],
      scoreboard: this.scoreboard,
      log: (level, message) => this.lines.push(`${level} ${message}`),
      ...more,
    });
  }

  /** Adds children in a state, each a moment later than the one before; one that waits is counted. */
  add(state: "starting" | "waiting" | "serving", count = 1): Slot[] {
    return Array.from({ length: count }, () => {
      const { slot } = this.scoreboard.claim(this.#changed) as { slot: Slot };
      slot.setState(STATE[state], ++this.#changed);
      if (state === "waiting") this.count.enter();
      this.members.push({
        pid: this.members.length + 1,
        kind: "server",
        retiring: false,
        dismissed: false,
        slot,
      });
      return slot;
    });
  }

  [Symbol.dispose](): void {
    closeFd(this.scoreboard.fd);
  }
}

test("a server of spares begins with min_servers or min_spare_servers, and never with more than max_servers", () => {
  const beginnings: readonly [Partial<typeof NUMBERS>, number, string][] = [
    [{}, 3, "3 to 8 children"],
    [{ minSpareServers: 5 }, 5, "5 to 8 children"],
    [{ minServers: 0, minSpareServers: 1 }, 1, "1 to 8 children"],
    [{ minSpareServers: 9 }, 8, "8 to 8 children"],
  ];
  for (const [numbers, initial, words] of beginnings) {
    using scene = new Scene(numbers);
    const { population } = scene;
    assert.deepEqual([population.initial, population.most, population.words], [initial, 8, words]);
  }
});

test("what is missing is started, by what stands in the scoreboard", () => {
  using scene = new Scene({}, { pace: { serveOnce: true } });
  assert.deepEqual(scene.population.measures([]), { start: 3, successorsFor: [], dismiss: [] });
  scene.add("starting");
  assert.equal(scene.population.measures(scene.members).start, 2);
  scene.add("waiting", 2);
  assert.equal(scene.population.measures(scene.members).start, 0);
  scene.add("serving", 4);
  assert.equal(scene.population.measures(scene.members).start, 0, "two wait");
  const [first] = scene.members.filter(({ slot }) => slot?.state === "waiting");
  first?.slot?.setState(STATE.serving, Date.now());
  assert.equal(scene.population.measures(scene.members).start, 0, "one waits, and one is on its way");
});

test("Fork starts no more at a time than it was told", () => {
  using scene = new Scene({ minServers: 8 }, { pace: { maxStarting: 2, serveOnce: true } });
  assert.equal(scene.population.measures([]).start, 2);
  scene.add("starting", 2);
  assert.equal(scene.population.measures(scene.members).start, 0);
});

test("those that have waited longest are dismissed, half of the surplus at each look", () => {
  using scene = new Scene();
  scene.add("waiting", 3);
  scene.add("serving");
  scene.add("waiting", 4);
  const { dismiss } = scene.population.measures(scene.members);
  assert.deepEqual(dismiss, [1, 2]);
  assert.ok(scene.lines.includes("3 Stopping 2 spare children (6 left)"), scene.lines.join("\n"));
});

test("of more than max_servers, those go first that wait", () => {
  using scene = new Scene();
  scene.add("serving", 2);
  scene.add("waiting", 2);
  scene.add("serving", 7);
  const { dismiss } = scene.population.measures(scene.members);
  assert.deepEqual(dismiss, [3, 4, 1]);
});

test("a child that retires has a successor only while spares are short", () => {
  for (const [waiting, successorsFor] of [[3, []], [1, [1]]] as const) {
    using scene = new Scene();
    scene.add("serving", 3);
    scene.add("waiting", waiting);
    scene.members[0] = { ...scene.members[0] as Member, retiring: true };
    assert.deepEqual(
      scene.population.measures(scene.members).successorsFor,
      successorsFor,
      `${waiting} wait`,
    );
  }
});

test("TTIN and TTOU move both bounds, and leave one child", () => {
  using scene = new Scene({ minServers: 1, minSpareServers: 1, maxServers: 2 });
  assert.deepEqual(scene.population.scale(1), { line: "Increasing server count (3)" });
  assert.equal(scene.population.most, 3);
  for (const left of [2, 1]) {
    assert.deepEqual(scene.population.scale(-1), { line: `Decreasing server count (${left})` });
  }
  assert.ok("refused" in scene.population.scale(-1));
  assert.equal(scene.population.most, 1);
});

test("children wake the parent when fewer wait than it wants, unless it looks by itself or has no room", () => {
  using scene = new Scene();
  scene.add("waiting", 3);
  scene.add("serving", 1);
  scene.population.measures(scene.members);
  assert.equal(scene.count.leave(), false, "two are left");
  assert.equal(scene.count.leave(), true, "one is left");

  using full = new Scene();
  full.add("serving", 7);
  full.add("waiting", 1);
  full.population.measures(full.members);
  assert.equal(full.count.leave(), false, "there is no room for more");
});

test("a child that ends while it waits is counted no more, and one that serves was not", () => {
  using scene = new Scene();
  const [waits] = scene.add("waiting", 3);
  const [serves] = scene.add("serving");
  scene.population.ended(waits as Slot);
  scene.population.ended(serves as Slot);
  assert.equal(scene.count.value, 2);
});

test("a count that stays too high at two looks is put right, and one that was between two words is not", () => {
  using scene = new Scene();
  scene.add("waiting", 3);
  scene.count.enter();
  scene.population.measures(scene.members);
  assert.equal(scene.count.value, 4, "a child may just be about to say so in its slot");
  scene.population.measures(scene.members);
  assert.equal(scene.count.value, 3);
  assert.ok(scene.lines.includes("3 Waiting diff (1)"));
  scene.population.measures(scene.members);
  assert.equal(scene.count.value, 3);
});
