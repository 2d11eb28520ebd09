import assert from "node:assert/strict";
import { test } from "node:test";
import { type Counted, plan } from "../../lib/supervise/populate.ts";

let pids = 0;
const child = (more: Partial<Counted> = {}): Counted => ({
  pid: ++pids,
  kind: "server",
  retiring: false,
  dismissed: false,
  ...more,
});
const children = (n: number) => Array.from({ length: n }, () => child());

const STARTS: readonly [string, readonly Counted[], number, number][] = [
  ["none is there", [], 3, 3],
  ["some are there", children(2), 5, 3],
  ["all are there", children(3), 3, 0],
  ["too many are there", children(5), 3, 0],
  ["none is wanted", [], 0, 0],
  ["one was told to leave", [child({ dismissed: true }), child()], 2, 1],
  ["one works off the queue", [child({ kind: "dequeue" }), child()], 2, 1],
  [
    "one waits for another's end",
    [child({ pid: 900, successor: 901 }), child({ pid: 901, after: 900 })],
    1,
    0,
  ],
  ["one waits for another's end, one is missing", [child(), child({ after: 1 })], 2, 1],
  ["one retires", [child({ retiring: true }), child()], 2, 0],
];

for (const [title, present, wanted, start] of STARTS) {
  test(`where ${title}, ${start} of ${wanted} are started`, () => {
    assert.equal(plan(present, wanted).start, start);
  });
}

const SUCCESSORS: readonly [string, readonly Counted[], number, readonly number[]][] = [
  ["that retires has a successor started", [child({ pid: 1, retiring: true }), child()], 2, [1]],
  [
    "that retires and has a successor needs none",
    [child({ pid: 1, retiring: true, successor: 9 }), child()],
    2,
    [],
  ],
  ["that retires but was dismissed needs none", [child({ pid: 1, retiring: true, dismissed: true })], 1, []],
  ["that retires before it works itself needs none", [child({ pid: 1, retiring: true, after: 8 })], 1, []],
  ["that works off the queue needs none", [child({ pid: 1, retiring: true, kind: "dequeue" })], 1, []],
  ["needs none where there are too many", [child({ pid: 1, retiring: true }), child()], 1, []],
  [
    "needs one only as far as they are not too many",
    [child({ pid: 1, retiring: true }), child({ pid: 2, retiring: true }), child({ pid: 3, retiring: true })],
    2,
    [2, 3],
  ],
];

for (const [title, present, wanted, successorsFor] of SUCCESSORS) {
  test(`a child ${title}`, () => assert.deepEqual(plan(present, wanted).successorsFor, successorsFor));
}

test("what the plan says brings any mixture to the wanted number", () => {
  for (let mixture = 0; mixture < 4 ** 5; mixture++) {
    const kinds = Array.from({ length: 5 }, (_, i) => mixture >> (2 * i) & 3);
    const present = kinds.map((kind) =>
      child([{}, { retiring: true }, { dismissed: true }, { kind: "dequeue" as const }][kind])
    );
    for (let wanted = 0; wanted < 7; wanted++) {
      const { start, successorsFor } = plan(present, wanted);
      const serving = kinds.filter((kind) => kind < 2).length;
      const retiring = kinds.filter((kind) => kind === 1).length;
      assert.equal(start, Math.max(0, wanted - serving));
      // Once those that retire have left, each with its successor in its place, as many are there as are wanted, or
      // the few that are too many still.
      const later = serving + start - retiring + successorsFor.length;
      assert.ok(later >= wanted && later <= Math.max(wanted, serving - Math.min(retiring, serving - wanted)));
    }
  }
});
