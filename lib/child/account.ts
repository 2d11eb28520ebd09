/**
 * What a child tells of itself: its state and its clients in the scoreboard, and when it needs the parent.
 *
 * @module
 */

import type { Waker } from "../os/descriptor.ts";
import { STATE } from "../scoreboard/layout.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";
import type { WaitingCount } from "../scoreboard/waiting_count.ts";

/** A successor is started this many times its start-up time ahead. */
const LEAD = 3;

/**
 * After how many clients a child asks for its successor.
 *
 * @param maxRequests How many clients it serves in all.
 * @param startupMs How long it took this child to start.
 * @param served How many clients it has served so far, in `elapsedMs`.
 */
export function retireAfter(
  maxRequests: number,
  startupMs: number,
  served: number,
  elapsedMs: number,
): number {
  const perClient = elapsedMs / Math.max(served, 1);
  const ahead = Math.ceil(LEAD * startupMs / Math.max(perClient, 0.001));
  // At the earliest half-way, so that a child is not followed by many successors that wait.
  return Math.max(Math.ceil(maxRequests / 2), maxRequests - Math.max(ahead, 1), 1);
}

/** What an account is kept with. */
export interface AccountParts {
  readonly slot: Slot;
  readonly parent: Waker;
  /** How many clients the child serves in all. */
  readonly maxRequests: number;
  /** Where children count how many of them are idle. */
  readonly idle: WaitingCount | undefined;
  /** Whether children that wait already take the place of this one. */
  readonly hasSpares: boolean;
}

/** A child's account of itself. */
export class Account {
  readonly #parts: AccountParts;
  readonly #startupMs = performance.now(); // counted from the start of the process
  /** Clients accepted. */
  #requests = 0;
  /** After how many the successor is asked for; looked at again when they have come. */
  #retireAt: number;

  constructor(parts: AccountParts) {
    const { maxRequests, hasSpares } = parts;
    this.#parts = parts;
    // Where spares wait, they are the successors of a child that serves one client.
    this.#retireAt = maxRequests > 1 ? Math.ceil(maxRequests / 2) : hasSpares ? Infinity : 1;
  }

  /**
   * Whether it has served as many clients as it should. While no successor can be started it serves on, unless each client
   * is to have a process of its own.
   */
  get servedAll(): boolean {
    const { maxRequests, slot } = this.#parts;
    return this.#requests >= maxRequests && (maxRequests <= 1 || !slot.held);
  }

  /** It waits for a client. */
  idle(): void {
    const { slot, idle, hasSpares, parent } = this.#parts;
    idle?.enter();
    slot.clearPeer();
    slot.setState(STATE.waiting, Date.now());
    // The parent may wait for a child to be ready, to see whether more are needed.
    if (hasSpares && this.#requests === 0) parent.wake();
  }

  /** It has a client, its only one. */
  busy(): void {
    const { slot, idle, parent } = this.#parts;
    slot.setState(STATE.serving, Date.now());
    if (idle?.leave()) parent.wake();
  }

  /** It waits no more, and leaves. */
  leavesQueue(): void {
    if (this.#parts.idle?.leave()) this.#parts.parent.wake();
  }

  /** Counts a client; near the last one, a successor is asked for. Returns how many there were. */
  took(): number {
    const { slot, maxRequests } = this.#parts;
    slot.setRequests(++this.#requests);
    if (this.#requests < this.#retireAt) return this.#requests;
    const elapsedMs = performance.now() - this.#startupMs;
    this.#retireAt = retireAfter(maxRequests, this.#startupMs, this.#requests, elapsedMs);
    if (this.#requests >= this.#retireAt) {
      this.retire();
    }
    return this.#requests;
  }

  /** It is to leave soon: asks for a successor. */
  retire(): void {
    this.#retireAt = Infinity;
    this.#parts.slot.setRetiring();
    this.#parts.parent.wake();
  }
}
