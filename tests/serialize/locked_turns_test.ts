import assert from "node:assert/strict";
import { test } from "node:test";
import { LockedTurns } from "../../lib/serialize/locked_turns.ts";
import type { Lock, Serializer } from "../../lib/serialize/turns.ts";

/** Turns whose token is there or not, with what was asked of the lock. */
class Turns {
  hasToken = true;
  isLocked = false;
  readonly asked: string[] = [];
  readonly #token: Serializer = {
    takeHere: () => this.hasToken,
    takeAway: () => Promise.resolve(this.hasToken),
    release: () => this.asked.push("give the token"),
    leave: () => this.asked.push("leave the token"),
  };
  readonly #lock: Lock = {
    lockHere: () => {
      this.asked.push("lock");
      return !this.isLocked;
    },
    lockAway: () => {
      this.asked.push("lock away");
      return Promise.resolve(!this.isLocked);
    },
    unlock: () => this.asked.push("unlock"),
  };
  readonly turns: LockedTurns = new LockedTurns(this.#token, this.#lock);
}

test("who has not the token leaves the lock alone", async () => {
  const one = new Turns();
  one.hasToken = false;
  assert.equal(one.turns.takeHere(), false);
  assert.equal(await one.turns.takeAway(), false);
  assert.deepEqual(one.asked, []);
});

test("who has the token waits for the lock alone, and keeps the token meanwhile", async () => {
  const one = new Turns();
  one.isLocked = true;
  assert.equal(one.turns.takeHere(), false);
  one.hasToken = false; // nobody else's now
  assert.equal(await one.turns.takeAway(), false);
  assert.equal(one.turns.takeHere(), false);
  one.isLocked = false;
  assert.equal(one.turns.takeHere(), true);
  assert.deepEqual(one.asked, ["lock", "lock away", "lock", "lock"]);
  one.turns.release();
  assert.deepEqual(one.asked.slice(4), ["unlock", "give the token"]);
});

test("the token is given back once, also by who leaves without the lock", () => {
  const one = new Turns();
  one.isLocked = true;
  one.turns.takeHere();
  one.turns.leave();
  one.turns.leave();
  assert.deepEqual(one.asked, ["lock", "leave the token", "give the token", "leave the token"]);
});
