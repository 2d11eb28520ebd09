import assert from "node:assert/strict";
import { test } from "node:test";
import { type BusySight, BusyWatch } from "../../lib/supervise/busy.ts";

const serving = (n: number) => new Array<string>(n).fill("serving");
const sight = (now: number, more: Partial<BusySight> = {}): BusySight => ({
  now,
  most: 3,
  states: serving(3),
  unchangedSince: 0,
  queued: 2,
  ...more,
});

/** What is said at looks that are five seconds apart. */
function saidAt(looks: readonly Partial<BusySight>[]): number[] {
  const watch = new BusyWatch(0);
  return looks.flatMap((more, i) =>
    watch.look(sight((i + 1) * 5000, more)) === undefined ? [] : [(i + 1) * 5]
  );
}

test("all children busy, and clients that wait: it is said at the second look, and then once a minute", () => {
  assert.deepEqual(saidAt(new Array(26).fill({})), [10, 70, 130]);
});

test("the line says how many, for how long, and how many wait", () => {
  const watch = new BusyWatch(0);
  watch.look(sight(5000));
  assert.match(
    watch.look(sight(10_000)) ?? "",
    /^All 3 children have been busy for 5 s, and 2 clients wait: /,
  );
  assert.equal(watch.nextLook, 15_000);
  const alone = new BusyWatch(0);
  const one = { most: 1, states: serving(1), queued: 1 };
  alone.look(sight(5000, one));
  assert.match(
    alone.look(sight(12_400, one)) ?? "",
    /^The only child has been busy for 7 s, and 1 client waits: /,
  );
});

const CALM: readonly [string, Partial<BusySight>][] = [
  ["no client waits", { queued: 0 }],
  ["a child is idle", { states: ["serving", "waiting", "serving"] }],
  ["a child is on its way", { states: ["serving", "serving", "starting"] }],
  ["there may be more children", { states: serving(2) }],
  ["nobody tells of clients, and a child has had another since", {
    queued: undefined,
    unchangedSince: 60_000,
  }],
];

for (const [title, calm] of CALM) {
  test(`nothing is said where ${title}`, () => {
    assert.deepEqual(saidAt(new Array(12).fill(calm)), []);
    assert.deepEqual(saidAt([{}, calm, {}, calm, {}]), [], "the time begins anew after it");
  });
}

test("where nobody tells of clients, children that are with the same one all along are busy", () => {
  assert.deepEqual(saidAt(new Array(4).fill({ queued: undefined })), [10]);
});

test("it is said once a minute also when there are calm moments", () => {
  const calm = { queued: 0 };
  assert.deepEqual(saidAt([{}, {}, calm, {}, {}, calm, {}, {}]), [10]);
});
