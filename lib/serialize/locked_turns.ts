/**
 * Turns by a lock, for which one child of a server waits at a time: the one that has the token.
 *
 * @module
 */

import type { Lock, Serializer } from "./turns.ts";

/** The child's side of the serializers `flock` and `semaphore`. */
export class LockedTurns implements Serializer {
  readonly #token: Serializer;
  readonly #lock: Lock;
  #hasToken = false;

  constructor(token: Serializer, lock: Lock) {
    this.#token = token;
    this.#lock = lock;
  }

  takeHere(): boolean {
    this.#hasToken ||= this.#token.takeHere();
    return this.#hasToken && this.#lock.lockHere();
  }

  async takeAway(): Promise<boolean> {
    // Another server's child may have the lock, or one of this server's that was given the token before a death.
    if (this.#hasToken) return await this.#lock.lockAway();
    this.#hasToken = await this.#token.takeAway();
    return this.#hasToken && this.#lock.lockHere();
  }

  release(): void {
    this.#lock.unlock();
    this.#giveToken();
  }

  leave(): void {
    this.#token.leave();
    this.#giveToken();
  }

  abandon(): void {
    this.#lock.abandon?.();
  }

  #giveToken(): void {
    if (this.#hasToken) this.#token.release();
    this.#hasToken = false;
  }
}
