import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd, createPipe, Waker } from "../../lib/os/descriptor.ts";
import { libc } from "../../lib/os/calls.ts";
import { isLinux } from "../../lib/os/constants.ts";
import { Epoll, MANY_EVENTS, PollSet, type WaitSet } from "../../lib/os/epoll.ts";
import { POLLHUP, POLLIN, POLLOUT } from "../../lib/os/wait.ts";
import { timeout } from "../support/limits.ts";

const KINDS: readonly (readonly [string, () => WaitSet, string | false])[] = [
  ["Epoll", () => new Epoll({ maxEvents: MANY_EVENTS }), isLinux ? false : "no epoll"],
  ["PollSet", () => new PollSet(), false],
];

/** What the last wait found: descriptors and their events. */
function found(set: WaitSet, count: number): Map<number, number> {
  const all = new Map<number, number>();
  for (let i = 0; i < count; i++) if (set.fdAt(i) >= 0) all.set(set.fdAt(i), set.eventsAt(i));
  return all;
}

for (const [name, create, skip] of KINDS) {
  test(`${name} finds who can be read or written, as watched for`, { timeout, skip }, async () => {
    const set = create();
    const pipe = createPipe();
    try {
      set.watch(pipe.read, POLLIN);
      assert.ok(set.waitHere(0) <= 0);
      assert.ok(set.waitHere(20) <= 0);
      libc.write(pipe.write, Uint8Array.of(1), 1);
      assert.deepEqual(found(set, set.waitHere(0)), new Map([[pipe.read, POLLIN]]));
      set.watch(pipe.write, POLLOUT);
      const both = new Map([[pipe.read, POLLIN], [pipe.write, POLLOUT]]);
      assert.deepEqual(found(set, set.waitHere(0)), both);
      assert.deepEqual(found(set, await set.waitAway(1000)), both);
      set.watch(pipe.read, 0);
      set.watch(pipe.read, 0);
      assert.deepEqual(found(set, await set.waitAway(Infinity)), new Map([[pipe.write, POLLOUT]]));
      set.watch(pipe.write, 0);
      assert.deepEqual(found(set, await set.waitAway(20)), new Map());
    } finally {
      closeFd(pipe.read);
      closeFd(pipe.write);
      set.close();
    }
  });

  test(`${name} tells of a hang-up to whoever watches`, { timeout, skip }, () => {
    const set = create();
    const pipe = createPipe();
    set.watch(pipe.read, POLLIN);
    closeFd(pipe.write);
    const events = found(set, set.waitHere(0)).get(pipe.read) ?? 0;
    assert.ok((events & POLLHUP) !== 0);
    set.watch(pipe.read, 0);
    closeFd(pipe.read);
    set.close();
  });

  test(`${name} finds many at once`, { timeout, skip }, () => {
    const set = create();
    const pipes = Array.from({ length: 200 }, () => createPipe());
    for (const { write } of pipes) set.watch(write, POLLOUT);
    assert.equal(found(set, set.waitHere(0)).size, 200);
    for (const { read, write } of pipes) {
      set.watch(write, 0);
      closeFd(read);
      closeFd(write);
    }
    set.close();
  });
}

test("Epoll tells once of a descriptor that was armed, for what it was armed for last", {
  skip: isLinux ? false : "no epoll",
}, () => {
  const set = new Epoll({ maxEvents: MANY_EVENTS });
  const first = createPipe();
  set.arm(first.write, POLLOUT);
  assert.deepEqual(found(set, set.waitHere(1000)), new Map([[first.write, POLLOUT]]));
  assert.equal(set.waitHere(0), 0, "an event disarms it");
  set.arm(first.write, POLLIN);
  assert.equal(set.waitHere(0), 0, "it is not waited for to write any more");
  set.arm(first.write, POLLOUT);
  assert.equal(set.waitHere(0), 1);
  closeFd(first.read);
  closeFd(first.write);
  // The same number again, which left the set when it was closed.
  const second = createPipe();
  assert.deepEqual(second, first);
  set.arm(second.write, POLLOUT);
  assert.deepEqual(found(set, set.waitHere(1000)), new Map([[second.write, POLLOUT]]));
  closeFd(second.read);
  closeFd(second.write);
  set.close();
});

test("Epoll tells every set once for each time that an edge-triggered descriptor is written to", {
  skip: isLinux ? false : "no epoll",
}, () => {
  const sets = [new Epoll(), new Epoll()];
  const waker = new Waker();
  for (const set of sets) set.addEdgeTriggered(waker.fd);
  assert.deepEqual(sets.map((set) => set.waitHere(0)), [0, 0]);
  for (let i = 0; i < 2; i++) {
    waker.wake();
    assert.deepEqual(sets.map((set) => set.waitHere(0)), [1, 1]);
    assert.deepEqual(sets.map((set) => set.waitHere(0)), [0, 0], "though nobody has read it");
  }
  waker.close();
  for (const set of sets) set.close();
});

test("Epoll finds no more at once than it was made for, and the rest the next time", {
  skip: isLinux ? false : "no epoll",
}, () => {
  const set = new Epoll({ maxEvents: 3 });
  const pipes = Array.from({ length: 5 }, () => createPipe());
  for (const { write } of pipes) set.watch(write, POLLOUT);
  const seen = new Set<number>();
  for (let i = 0; i < 5; i++) {
    const count = set.waitHere(0);
    assert.equal(count, 3);
    for (const fd of found(set, count).keys()) seen.add(fd);
  }
  assert.deepEqual(seen, new Set(pipes.map(({ write }) => write)));
  for (const { read, write } of pipes) {
    closeFd(read);
    closeFd(write);
  }
  set.close();
});

test("a change to an Epoll reaches a wait that is under way", {
  timeout,
  skip: isLinux ? false : "no epoll",
}, async () => {
  const set = new Epoll();
  const pipe = createPipe();
  libc.write(pipe.write, Uint8Array.of(1), 1);
  // A timer keeps Bun's loop busy, so that it waits on another thread.
  const waited = set.waitAway(10_000);
  set.watch(pipe.read, POLLIN);
  assert.deepEqual(found(set, await waited), new Map([[pipe.read, POLLIN]]));
  set.watch(pipe.read, 0);
  closeFd(pipe.read);
  closeFd(pipe.write);
  set.close();
});
