import assert from "node:assert/strict";
import { test } from "node:test";
import { isDone, type OldMember, overdue, replaced, tooMany } from "../../lib/supervise/replacement.ts";

const pids = (members: readonly OldMember[]) => members.map(({ pid }) => pid);
const serving = (pid: number, state: OldMember["state"] = "serving"): OldMember => ({ pid, state });

test("an old child goes for each new one that is ready, those first that are missed least", () => {
  const old = [serving(1), serving(2, "waiting"), serving(3, "starting"), serving(4, "waiting")];
  const go = (ready: number) => pids(replaced(old, { ready, wanted: 4, before: 4 }));
  assert.deepEqual(go(0), []);
  assert.deepEqual(go(1), [3]);
  assert.deepEqual(go(2), [3, 2]);
  assert.deepEqual(go(4), [3, 2, 4, 1]);
});

test("fewer new children than old ones replace them in proportion", () => {
  const old = [1, 2, 3, 4, 5, 6].map((pid) => serving(pid, "waiting"));
  const progress = { wanted: 2, before: 6 };
  assert.deepEqual(pids(replaced(old, { ...progress, ready: 0 })), []);
  assert.deepEqual(pids(replaced(old, { ...progress, ready: 1 })), [1, 2, 3]);
  assert.deepEqual(pids(replaced(old, { ...progress, ready: 2 })), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(pids(replaced(old, { ready: 0, wanted: 0, before: 6 })), [1, 2, 3, 4, 5, 6]);
});

test("more old children than may serve go at once, and those that were told are not told again", () => {
  const told: OldMember = { pid: 9, state: "serving", told: "HUP", until: 5 };
  const old = [told, serving(1, "starting"), serving(2, "waiting"), serving(3, "serving")];
  assert.deepEqual(pids(replaced(old, { ready: 0, wanted: 2, before: 2 })), [1]);
});

test("a reload is done when no old child takes clients, and a new one does", () => {
  const told = (state: OldMember["state"]): OldMember => ({ pid: 1, state, told: "HUP" });
  const progress = { ready: 1, wanted: 2, before: 2 };
  assert.ok(isDone([told("serving"), told("leaving")], progress));
  assert.ok(!isDone([told("serving"), told("waiting")], progress), "it has yet to hear that");
  assert.ok(!isDone([serving(1)], progress), "it was not told");
  assert.ok(
    !isDone([told("serving")], { ...progress, ready: 0 }),
    "the others served max_requests, and no new one is ready",
  );
  assert.ok(!isDone([], { ...progress, ready: 0 }));
  assert.ok(isDone([], { ready: 0, wanted: 0, before: 2 }), "children start when clients come");
});

test("who was told to leave has until its time, and without one for ever", () => {
  const old: OldMember[] = [
    { pid: 1, state: "serving", told: "HUP", until: 10 },
    { pid: 2, state: "serving", told: "TERM", until: 20 },
    { pid: 3, state: "serving", told: "HUP" },
    { pid: 4, state: "waiting" },
  ];
  assert.deepEqual(pids(overdue(old, 9)), []);
  assert.deepEqual(pids(overdue(old, 10)), [1]);
  assert.deepEqual(pids(overdue(old, 20)), [1, 2]);
});

test("of those that finish, the oldest beyond the limit are too many", () => {
  const finishing = (pid: number): OldMember => ({ pid, state: "serving", told: "HUP", until: 10 });
  const old = [
    finishing(1),
    { ...finishing(2), told: "TERM" as const },
    finishing(3),
    finishing(4),
    serving(5),
  ];
  assert.deepEqual(pids(tooMany(old, { most: 3, latest: 10 })), []);
  assert.deepEqual(pids(tooMany(old, { most: 1, latest: 10 })), [1, 3]);
});

test("who was told a moment ago may finish, however many do", () => {
  const old: OldMember[] = [
    { pid: 1, state: "serving", told: "HUP", until: 9 },
    { pid: 2, state: "serving", told: "HUP", until: 10 },
    { pid: 3, state: "serving", told: "HUP", until: 11 },
    { pid: 4, state: "serving", told: "HUP" },
  ];
  assert.deepEqual(pids(tooMany(old, { most: 1, latest: 8 })), []);
  assert.deepEqual(pids(tooMany(old, { most: 1, latest: 9 })), [1]);
  assert.deepEqual(pids(tooMany(old, { most: 1, latest: 20 })), [1, 2, 3]);
  assert.deepEqual(pids(tooMany(old, { most: 2, latest: 20 })), [1, 2]);
});
