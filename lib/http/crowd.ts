/**
 * A process that has as many clients as it may have: who is idle gives way to others that wait.
 *
 * @module
 */

import { pollHere, POLLIN } from "../os/wait.ts";
import { setAlarm } from "../process/alarm.ts";

/** How often it is looked whether somebody waits. */
const LOOK_MS = 100;
/** Of those that are idle, this part of all clients gives way at a time. */
const PART = 8;

/** A client that may give way. */
export interface Guest {
  /** How long it has been idle, in milliseconds; undefined if it is not, or not for long enough. */
  readonly idleMs: number | undefined;
  /** Ends its waiting. */
  expire(): void;
}

/** All clients of a process. */
export class Crowd {
  readonly #guests: { readonly members: Iterable<Guest>; readonly size: number };
  readonly #listeners: readonly number[];
  readonly #most: number;
  #isWatching = false;

  /** @param most How many clients there may be. */
  constructor(
    guests: { readonly members: Iterable<Guest>; readonly size: number },
    listeners: readonly number[],
    most: number,
  ) {
    this.#guests = guests;
    this.#listeners = listeners;
    this.#most = most;
  }

  /** Another client has come. */
  came(): void {
    if (this.#isWatching || this.#guests.size < this.#most || this.#listeners.length === 0) return;
    this.#isWatching = true;
    this.#lookLater();
  }

  #lookLater(): void {
    setAlarm(LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#isWatching = this.#guests.size >= this.#most;
    if (!this.#isWatching) return;
    if (this.#listeners.some((listener) => pollHere(listener, POLLIN, 0))) this.#makeRoom();
    this.#lookLater();
  }

  #makeRoom(): void {
    const idle = [...this.#guests.members].filter(({ idleMs }) => idleMs !== undefined);
    idle.sort((a, b) => (b.idleMs as number) - (a.idleMs as number));
    for (const guest of idle.slice(0, Math.ceil(this.#most / PART))) guest.expire();
  }
}
