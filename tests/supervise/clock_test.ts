import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../lib/supervise/clock.ts";

const NO_HOOK = { hasIdleHook: false };

test("children are looked after each time check_for_dead has passed", () => {
  const clock = new Clock({ checkForDead: 30 }, NO_HOOK, 1000);
  assert.equal(clock.untilNext(1000, undefined), 30_000);
  assert.equal(clock.untilNext(21_000, undefined), 10_000);
  assert.equal(clock.takeDeadCheck(30_999), false);
  assert.equal(clock.untilNext(31_000, undefined), 0);
  assert.equal(clock.untilNext(99_000, undefined), 0);
  assert.equal(clock.takeDeadCheck(31_000), true);
  assert.equal(clock.takeDeadCheck(31_000), false);
  assert.equal(clock.untilNext(31_000, undefined), 30_000);
});

test("a check that comes late is made once, not once for each that was missed", () => {
  const clock = new Clock({ checkForDead: 1 }, NO_HOOK, 0);
  assert.equal(clock.takeDeadCheck(10_500), true);
  assert.equal(clock.takeDeadCheck(10_500), false);
  assert.equal(clock.untilNext(10_500, undefined), 1000);
});

test("the end of a pause comes before what is later", () => {
  const clock = new Clock({ checkForDead: 30 }, NO_HOOK, 0);
  assert.equal(clock.untilNext(0, 100), 100);
  assert.equal(clock.untilNext(50, 40), 0);
  assert.equal(clock.untilNext(0, 60_000), 30_000);
});

test("a hook for idle turns has one every ten seconds, and without it nobody is woken", () => {
  assert.equal(new Clock({ checkForDead: 30 }, { hasIdleHook: true }, 0).untilNext(0, undefined), 10_000);
  assert.equal(new Clock({ checkForDead: 5 }, { hasIdleHook: true }, 0).untilNext(0, undefined), 5000);
  assert.equal(new Clock({ checkForDead: 300 }, NO_HOOK, 0).untilNext(0, undefined), 300_000);
});

test("a dequeue process is due every check_for_dequeue seconds", () => {
  const clock = new Clock({ checkForDead: 30, checkForDequeue: 2, maxDequeue: 1 }, NO_HOOK, 0);
  assert.equal(clock.untilNext(0, undefined), 2000);
  assert.equal(clock.takeDequeue(1999), false);
  assert.equal(clock.takeDequeue(2000), true);
  assert.equal(clock.takeDequeue(2001), false);
  assert.equal(clock.untilNext(2000, undefined), 2000);
});

test("without max_dequeue or check_for_dequeue no dequeue process is ever due", () => {
  for (const config of [{ checkForDequeue: 2 }, { checkForDequeue: 2, maxDequeue: 0 }, { maxDequeue: 3 }]) {
    const clock = new Clock({ checkForDead: 30, ...config }, NO_HOOK, 0);
    assert.equal(clock.untilNext(0, undefined), 30_000);
    assert.equal(clock.takeDequeue(1e12), false);
  }
});
