import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd } from "../../lib/os/descriptor.ts";
import { encodeSockaddr, SOCKADDR_SIZE } from "../../lib/os/sockaddr.ts";
import { SLOT_SIZE, STATE, STATES, WORD } from "../../lib/scoreboard/layout.ts";
import { Scoreboard } from "../../lib/scoreboard/scoreboard.ts";
import { WaitingCount } from "../../lib/scoreboard/waiting_count.ts";

/** Runs `body` with a scoreboard, and closes it. */
function withScoreboard(capacity: number, body: (scoreboard: Scoreboard) => void): void {
  const scoreboard = Scoreboard.create(capacity);
  try {
    body(scoreboard);
  } finally {
    closeFd(scoreboard.fd);
  }
}

test("every state has its number, and no field lies outside of its slot", () => {
  for (const [number, state] of STATES.entries()) assert.equal(STATE[state], number);
  assert.ok(Math.max(...Object.values(WORD)) * 4 < SLOT_SIZE);
  assert.equal(new Set(Object.values(WORD)).size, Object.keys(WORD).length);
});

test("what a child writes into its slot is what the parent reads there", () => {
  withScoreboard(3, (scoreboard) => {
    const claimed = scoreboard.claim(1000);
    assert.ok(claimed !== undefined);
    const { index, slot: parents } = claimed;
    assert.deepEqual([parents.state, parents.started, parents.changed], ["starting", 1000, 1000]);
    const childs = Scoreboard.attach(scoreboard.fd, index);
    childs.setPid(4_194_304);
    childs.setState(STATE.serving, 1_795_655_088_123);
    childs.setRequests(7);
    childs.setRetiring();
    assert.deepEqual([parents.pid, parents.state, parents.changed], [
      4_194_304,
      "serving",
      1_795_655_088_123,
    ]);
    assert.deepEqual([parents.requests, parents.retiring, parents.started], [7, true, 1000]);
    parents.hold();
    assert.equal(childs.held, true);
    parents.letGo();
    assert.equal(childs.held, false);
  });
});

test("a child that wants the server to stop says so before it wakes the parent", () => {
  withScoreboard(1, (scoreboard) => {
    const { index, slot: parents } = scoreboard.claim(0) as NonNullable<ReturnType<Scoreboard["claim"]>>;
    const seen: boolean[] = [];
    Scoreboard.attach(scoreboard.fd, index).askToStop({ wake: () => seen.push(parents.takeStopAsked()) });
    assert.deepEqual(seen, [true]);
  });
});

test("there are as many slots as children, each of its own, and a free one is empty again", () => {
  withScoreboard(2, (scoreboard) => {
    assert.equal(scoreboard.capacity, 2);
    const [one, two] = [scoreboard.claim(1), scoreboard.claim(2)];
    assert.ok(one !== undefined && two !== undefined);
    // The first slot is nobody's: it counts who waits.
    assert.deepEqual([one.index, two.index], [1, 2]);
    assert.equal(scoreboard.claim(3), undefined);
    one.slot.setPid(111);
    two.slot.setPid(222);
    one.slot.setRetiring();
    scoreboard.release(one.index);
    assert.deepEqual([one.slot.state, one.slot.pid], ["free", 0]);
    assert.deepEqual([two.slot.state, two.slot.pid], ["starting", 222]);
    const again = scoreboard.claim(4);
    assert.deepEqual([again?.index, again?.slot.retiring, again?.slot.started], [1, false, 4]);
  });
});

test("the count of those who wait is one for all processes, and wakes the parent once below its mark", () => {
  withScoreboard(2, (scoreboard) => {
    const parents = new WaitingCount(scoreboard.memory);
    const childs = WaitingCount.attach(scoreboard.fd);
    for (let i = 0; i < 4; i++) childs.enter();
    assert.equal(parents.value, 4);
    assert.equal(childs.leave(), false, "nobody asked");
    parents.watch(2);
    assert.equal(childs.leave(), false, "as many as the mark");
    assert.equal(childs.leave(), true, "fewer than the mark");
    assert.equal(childs.leave(), false, "it is awake already");
    assert.equal(parents.value, 0);
    parents.watch(1);
    childs.enter();
    parents.watch(0);
    assert.equal(childs.leave(), false, "nobody asks any more");
    childs.enter();
    parents.correct(-1);
    assert.equal(childs.value, 0);
  });
});

test("a client's address is told as its bytes, until there is none", () => {
  withScoreboard(1, (scoreboard) => {
    const { index, slot: parents } = scoreboard.claim(0) as NonNullable<ReturnType<Scoreboard["claim"]>>;
    const childs = Scoreboard.attach(scoreboard.fd, index);
    const told = () => {
      const { peer } = parents;
      return peer && [peer.family, peer.port, ...new Uint8Array(peer.words.buffer)];
    };
    assert.equal(told(), undefined);
    const room = new Uint8Array(SOCKADDR_SIZE);
    room.set(encodeSockaddr({ transport: "tcp", hostname: "2001:db8::ff01", port: 65535 }));
    childs.setPeer(room);
    assert.deepEqual(told(), [6, 65535, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 1]);
    room.set(encodeSockaddr({ transport: "tcp", hostname: "203.0.113.250", port: 80 }));
    childs.setPeer(room);
    assert.deepEqual(told()?.slice(0, 6), [4, 80, 203, 0, 113, 250]);
    childs.clearPeer();
    assert.equal(told(), undefined);
    childs.setPeer(room);
    room.fill(0).set(encodeSockaddr({ transport: "unix", hostname: "", port: 0, path: "" }));
    childs.setPeer(room);
    assert.equal(told(), undefined, "a Unix socket's client has no address");
  });
});

test("denied clients are counted, and a slot that is given back has none", () => {
  withScoreboard(1, (scoreboard) => {
    const { index, slot: parents } = scoreboard.claim(0) as NonNullable<ReturnType<Scoreboard["claim"]>>;
    const childs = Scoreboard.attach(scoreboard.fd, index);
    childs.countDenied();
    childs.countDenied();
    assert.equal(parents.denied, 2);
    scoreboard.release(index);
    assert.equal(parents.denied, 0);
  });
});
