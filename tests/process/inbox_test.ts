import assert from "node:assert/strict";
import { test } from "node:test";
import { SAME_SIGNAL_MS } from "../../lib/process/actions.ts";
import { Inbox } from "../../lib/process/inbox.ts";

test("what is pushed is taken once, children counted up and down each time, all else once", () => {
  const inbox = new Inbox();
  assert.equal(inbox.empty, true);
  for (const action of ["more", "restart", "more", "restart", "fewer", "reopen", "reopen"] as const) {
    inbox.push(action);
  }
  assert.equal(inbox.empty, false);
  assert.equal(inbox.count("stop", "restart"), 2);
  assert.equal(inbox.count("stop", "quit"), 0);
  assert.deepEqual(inbox.take(), {
    actions: ["more", "restart", "more", "fewer", "reopen"],
    passed: [],
  });
  assert.deepEqual(inbox.take(), { actions: [], passed: [] });
  inbox.waker.close();
});

test("a stop that comes twice at once is in it once, also when the first has been taken already", () => {
  const clock = { now: 0 };
  const inbox = new Inbox(() => clock.now);
  inbox.push("stop");
  assert.deepEqual(inbox.take().actions, ["stop"]);
  clock.now = SAME_SIGNAL_MS - 1;
  inbox.push("stop");
  assert.equal(inbox.empty, true);
  inbox.push("quit");
  assert.deepEqual(inbox.take().actions, ["quit"], "another kind is not the same");
  clock.now = SAME_SIGNAL_MS;
  inbox.push("stop");
  assert.deepEqual(inbox.take().actions, ["stop"], "an impatient one");
  inbox.waker.close();
});

test("who does not wait here is called at each push, and who waits is woken", async () => {
  const inbox = new Inbox();
  const seen: boolean[] = [];
  inbox.onPush = () => seen.push(inbox.empty);
  inbox.push("reopen");
  inbox.push("stop");
  inbox.push("stop");
  assert.deepEqual(seen, [false, false], "a repeated one wakes nobody");
  await inbox.wait(60_000);
  inbox.take();
  const waiting = inbox.wait(60_000);
  inbox.push("reap");
  await waiting;
  assert.deepEqual(inbox.take().actions, ["reap"]);
  inbox.waker.close();
});
