import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, type Decision, Repeats, SAME_SIGNAL_MS } from "../../lib/process/actions.ts";
import { type ParentAction, SIGNALS } from "../../lib/signals.ts";

/** What each action comes to alone. */
const ALONE: Readonly<Record<ParentAction, Partial<Decision>>> = {
  stop: { end: "stop" },
  quit: { end: "quit" },
  restart: { end: "restart" },
  more: { more: 1 },
  fewer: { fewer: 1 },
  reopen: { reopen: true },
  reap: {},
};
const ACTIONS = Object.keys(ALONE) as ParentAction[];
const NOTHING: Decision = { more: 0, fewer: 0, reopen: false, end: undefined };
/** How two ends come out, the one that stands first in the row being the stronger. */
const ENDS = ["stop", "quit", "restart"] as const;

test("every signal of the parent's has a row in the table of this test", () => {
  for (const { parent } of SIGNALS) if (parent !== undefined) assert.ok(ACTIONS.includes(parent));
});

test("nothing comes to nothing", () => assert.deepEqual(decide([]), NOTHING));

for (const action of ACTIONS) {
  test(`${action} alone is done`, () => assert.deepEqual(decide([action]), { ...NOTHING, ...ALONE[action] }));
}

for (const first of ACTIONS) {
  for (const second of ACTIONS) {
    test(`of ${first} and ${second} together neither is lost`, () => {
      const one = { ...NOTHING, ...ALONE[first] };
      const two = { ...NOTHING, ...ALONE[second] };
      assert.deepEqual(decide([first, second]), {
        more: one.more + two.more,
        fewer: one.fewer + two.fewer,
        reopen: one.reopen || two.reopen,
        end: ENDS.find((end) => one.end === end || two.end === end),
      });
    });
  }
}

test("of three ends the strongest decides, in any order", () => {
  const batches: ParentAction[][] = [
    ["restart", "quit", "stop"],
    ["stop", "restart", "quit"],
    ["quit", "stop", "restart"],
  ];
  for (const batch of batches) assert.equal(decide(batch).end, "stop");
  assert.equal(decide(["restart", "reopen", "quit", "more"]).end, "quit");
});

test("a stop that comes twice at once was meant once, later it is meant again", () => {
  for (const action of ["stop", "quit"] as const) {
    const repeats = new Repeats();
    assert.equal(repeats.isSame(action, 1000), false);
    assert.equal(repeats.isSame(action, 1000), true);
    assert.equal(repeats.isSame(action, 1000 + SAME_SIGNAL_MS - 1), true);
    assert.equal(repeats.isSame(action, 1000 + SAME_SIGNAL_MS), false, "an impatient one");
  }
});

test("the first stop of another kind is never taken for the same", () => {
  const repeats = new Repeats();
  assert.equal(repeats.isSame("quit", 0), false);
  assert.equal(repeats.isSame("stop", 0), false);
  assert.equal(repeats.isSame("quit", 1), true);
  assert.equal(repeats.isSame("stop", 1), true);
});

test("what does not stop the server is never taken for the same", () => {
  const repeats = new Repeats();
  for (const action of ACTIONS) {
    if (action === "stop" || action === "quit") continue;
    for (let i = 0; i < 3; i++) assert.equal(repeats.isSame(action, 0), false, action);
  }
});
