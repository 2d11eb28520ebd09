import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { libc } from "../../lib/os/calls.ts";
import { isLinux } from "../../lib/os/constants.ts";
import { EpollEventSet, type EventSet, PollEventSet } from "../../lib/os/event_set.ts";
import { POLLHUP, POLLIN, POLLOUT } from "../../lib/os/wait.ts";

const timeout = 20_000;
const KINDS: readonly (readonly [string, () => EventSet, string | false])[] = [
  ["EpollEventSet", () => new EpollEventSet(), isLinux ? false : "no epoll"],
  ["PollEventSet", () => new PollEventSet(), false],
];

/** What the last wait found: descriptors and their events. */
function found(set: EventSet, count: number): Map<number, number> {
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

test("a change to an EpollEventSet reaches a wait that is under way", {
  timeout,
  skip: isLinux ? false : "no epoll",
}, async () => {
  const set = new EpollEventSet();
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
