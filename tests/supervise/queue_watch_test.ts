import assert from "node:assert/strict";
import { test } from "node:test";
import { type Listening, QueueWatch } from "../../lib/supervise/queue_watch.ts";
import { timeout } from "../support/limits.ts";

/** A watch over 4 of 50 children, with what it does noted, a queue and counts that a test sets. */
function watched() {
  const done: string[] = [];
  const state = { isQueued: true, accepted: 0, cold: 0, isOpen: false, takesTurns: false };
  const listening: Listening = {
    count: 4,
    get isOpen() {
      return state.isOpen;
    },
    get counts() {
      return { accepted: state.accepted, cold: state.cold };
    },
    settle: () => void done.push("settle"),
    // Where children take no turns, it comes to nothing.
    renewTurn: () => void (state.takesTurns && done.push("renew the turn")),
    suspendLock: () => void (state.takesTurns && done.push("suspend the lock")),
    resumeLock: () => void (state.takesTurns && done.push("resume the lock")),
    grow: (more) => void done.push(`grow ${more}`),
    open(children) {
      state.isOpen = true;
      done.push(`open ${children}`);
    },
    narrow() {
      state.isOpen = false;
      done.push("narrow");
    },
  };
  const watch = new QueueWatch({ listening, fds: [9], isQueued: () => state.isQueued, children: () => 50 });
  let now = 0;
  /** Goes on to the next time when the watch wants to look. */
  const next = () => {
    now = watch.until;
    watch.tick(now);
    return now;
  };
  const take = (accepted: number, cold = 0) => {
    state.accepted += accepted;
    state.cold += cold;
  };
  return { watch, state, done, next, take };
}

test("an empty queue is waited for, and looked at soon after a client came", { timeout }, () => {
  const { watch, state, done, next } = watched();
  assert.deepEqual(watch.fds, [9]);
  assert.equal(watch.until, Infinity);
  watch.tick(1000);
  watch.queued(0);
  assert.deepEqual(watch.fds, []);
  state.isQueued = false;
  assert.equal(next(), 5);
  assert.deepEqual(watch.fds, [9]);
  assert.equal(watch.until, Infinity);
  assert.deepEqual(done, []);
});

test("where clients are taken, it looks less and less often", { timeout }, () => {
  const { watch, done, next, take } = watched();
  watch.queued(0);
  const times = [];
  for (let i = 0; i < 6; i++) {
    take(10);
    times.push(next());
  }
  assert.deepEqual(times, [5, 15, 35, 75, 115, 155]);
  assert.deepEqual(done, []);
});

test(
  "where clients wait and are not taken, more and more children listen, all in the end",
  { timeout },
  () => {
    const { watch, state, done, next, take } = watched();
    watch.queued(0);
    for (let i = 0; i < 7; i++) next();
    assert.deepEqual(done, ["grow 4", "grow 4", "grow 8", "grow 16", "grow 14"]);
    // For as long as that may be needed.
    for (let i = 0; i < 24; i++) {
      take(10);
      next();
    }
    assert.equal(done.length, 5);
    while (done.length === 5) {
      take(10);
      next();
    }
    assert.equal(done.pop(), "settle");
    // Or until nobody waits.
    next();
    assert.equal(done.pop(), "grow 4");
    state.isQueued = false;
    next();
    assert.equal(done.pop(), "settle");
  },
);

test(
  "where most clients make their children wait, all listen; where few do, not any more",
  { timeout },
  () => {
    const { watch, done, next, take } = watched();
    watch.queued(0);
    take(63, 63);
    next();
    assert.deepEqual(done, []);
    take(1, 1);
    next();
    assert.deepEqual(done, ["open 50"]);
    // Not to and fro.
    take(64, 0);
    next();
    assert.deepEqual(done, ["open 50"]);
    for (let i = 0; i < 30; i++) {
      take(64, 20);
      next();
    }
    assert.deepEqual(done, ["open 50"]);
    take(64, 15);
    next();
    assert.deepEqual(done, ["open 50", "narrow"]);
  },
);

test("counts that have gone once around are as good as any", { timeout }, () => {
  const { watch, state, done, next, take } = watched();
  state.accepted = 2 ** 31 - 5;
  watch.queued(0);
  next();
  assert.deepEqual(done, ["grow 4"]);
  state.accepted = -(2 ** 31) + 10;
  next();
  assert.deepEqual(done, ["grow 4"]);
  take(0);
});

test(
  "where children take turns, the turn is renewed, and after that the lock is left alone",
  { timeout },
  () => {
    const { watch, state, done, next, take } = watched();
    state.takesTurns = true;
    watch.queued(0);
    assert.equal(next(), 5);
    assert.deepEqual(done.splice(0), ["grow 4", "renew the turn"]);
    assert.equal(next(), 10);
    assert.deepEqual(done.splice(0), ["suspend the lock", "grow 4", "renew the turn"]);
    // Whoever has the turn now may be stopped too.
    next();
    assert.deepEqual(done.splice(0), ["grow 8", "renew the turn"]);
    take(10);
    next();
    state.isQueued = false;
    next();
    assert.deepEqual(done.splice(0), ["resume the lock", "settle"]);
  },
);

test("it is so while all listen", { timeout }, () => {
  const { watch, state, done, next } = watched();
  state.takesTurns = true;
  state.isOpen = true;
  watch.queued(0);
  const times = [];
  for (let i = 0; i < 6; i++) times.push(next());
  assert.deepEqual(times, [5, 15, 35, 75, 115, 155]);
  assert.deepEqual(done.slice(0, 3), ["renew the turn", "suspend the lock", "renew the turn"]);
});

test("where all listen and nobody comes any more, a few do again", { timeout }, () => {
  const { watch, state, done, next, take } = watched();
  watch.queued(0);
  take(64, 64);
  assert.equal(next(), 5);
  assert.deepEqual(done.splice(0), ["open 50"]);
  state.isQueued = false;
  next();
  take(1);
  assert.equal(next(), 2005);
  assert.deepEqual(done, []);
  assert.equal(next(), 4005);
  assert.deepEqual(done, ["narrow"]);
  assert.equal(watch.until, Infinity);
});

test(
  "where processes wait for a processor, more of them listen only if no client is taken",
  { timeout },
  () => {
    const { watch, done, take } = watched();
    watch.queued(0);
    take(1);
    watch.tick(11);
    assert.deepEqual(done, []);
    watch.tick(watch.until + 6);
    assert.deepEqual(done, ["grow 4"]);
  },
);
