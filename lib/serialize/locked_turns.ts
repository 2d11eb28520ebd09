/**
 * Turns by a lock, for which one child of a server waits at a time: the one that has the token.
 *
 * @module
 */

import type { Lock, Serializer, TurnToken } from "./turns.ts";

/** How often a child looks at a lock that it may have to do without, in milliseconds. */
const LOOK_MS = 5;

/** The child's side of the serializers `flock` and `semaphore`. */
export class LockedTurns implements Serializer {
  readonly #token: TurnToken;
  readonly #lock: Lock;
  readonly #isSuspended: (() => boolean) | undefined;
  #hasToken = false;
  #hasLock = false;

  /**
   * @param isSuspended Whether the parent has the turn taken without the lock, because who has the lock was stopped.
   * Undefined where it never does.
   */
  constructor(token: TurnToken, lock: Lock, isSuspended?: () => boolean) {
    this.#token = token;
    this.#lock = lock;
    this.#isSuspended = isSuspended;
  }

  takeHere(): boolean {
    this.#hasToken ||= this.#token.takeHere();
    return this.#hasToken && this.#lockHere();
  }

  #lockHere(): boolean {
    if (this.#lock.lockHere()) this.#hasLock = true;
    return this.#hasLock || this.#isSuspended?.() === true;
  }

  async takeAway(): Promise<boolean> {
    if (!this.#hasToken) {
      this.#hasToken = await this.#token.takeAway();
      return this.#hasToken && this.#lockHere();
    }
    // Another server's child may have the lock, or one of this server's that was given the token before a death.
    if (this.#isSuspended === undefined) return this.#hasLock = await this.#lock.lockAway();
    // A wait for the lock itself could not be ended when the parent gives the turn to another child.
    await this.#token.pause(LOOK_MS);
    this.#hasToken &&= this.#token.isValid;
    return this.#hasToken && this.#lockHere();
  }

  release(): void {
    this.#unlock();
    this.#giveToken();
  }

  rest(): void {
    this.#giveToken();
    this.#token.rest();
  }

  leave(): void {
    this.#token.leave();
    this.#giveToken();
  }

  abandon(): void {
    this.#lock.abandon?.();
  }

  #unlock(): void {
    if (this.#hasLock) this.#lock.unlock();
    this.#hasLock = false;
  }

  #giveToken(): void {
    if (this.#hasToken) this.#token.release();
    this.#hasToken = false;
  }
}
