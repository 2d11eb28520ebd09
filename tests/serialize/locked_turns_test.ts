import assert from "node:assert/strict";
import { test } from "node:test";
import { LockedTurns } from "../../lib/serialize/locked_turns.ts";
import type { Lock, TurnToken } from "../../lib/serialize/turns.ts";

/** Turns whose token is there or not, with what was asked of the lock. */
class Turns {
  hasToken = true;
  isLocked = false;
  isValid = true;
  isSuspended = false;
  readonly asked: string[] = [];
  readonly #token: Omit<TurnToken, "isValid"> = {
    takeHere: () => this.hasToken,
    takeAway: () => Promise.resolve(this.hasToken),
    release: () => this.asked.push("give the token"),
    pause: (longestMs) => {
      this.asked.push(`pause ${longestMs}`);
      return Promise.resolve();
    },
    rest: () => this.asked.push("rest"),
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
  readonly turns: LockedTurns;

  /** @param options `watched`: whether the lock may be suspended. */
  constructor({ watched = false } = {}) {
    const token = Object.defineProperty(this.#token, "isValid", { get: () => this.isValid }) as TurnToken;
    this.turns = new LockedTurns(token, this.#lock, watched ? () => this.isSuspended : undefined);
  }
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

test("where the lock may be suspended, who has the token looks at it again and again", async () => {
  const one = new Turns({ watched: true });
  one.isLocked = true;
  assert.equal(one.turns.takeHere(), false);
  assert.equal(await one.turns.takeAway(), false);
  one.isLocked = false;
  assert.equal(await one.turns.takeAway(), true);
  assert.deepEqual(one.asked, ["lock", "pause 5", "lock", "pause 5", "lock"]);
});

test("it goes on without the lock once that is suspended, and does not unlock what it has not", async () => {
  const one = new Turns({ watched: true });
  one.isLocked = true;
  assert.equal(one.turns.takeHere(), false);
  one.isSuspended = true;
  assert.equal(await one.turns.takeAway(), true);
  one.turns.release();
  assert.deepEqual(one.asked, ["lock", "pause 5", "lock", "give the token"]);
});

test("who waits for the lock and finds that its token is void asks for another", async () => {
  const one = new Turns({ watched: true });
  one.isLocked = true;
  assert.equal(one.turns.takeHere(), false);
  one.isValid = false;
  assert.equal(await one.turns.takeAway(), false);
  one.isLocked = false;
  one.hasToken = false;
  assert.equal(one.turns.takeHere(), false);
  assert.deepEqual(one.asked, ["lock", "pause 5"]);
});

test("who rests gives the token back that it has without the lock", () => {
  const one = new Turns();
  one.isLocked = true;
  one.turns.takeHere();
  one.turns.rest();
  assert.deepEqual(one.asked, ["lock", "give the token", "rest"]);
});
