/**
 * Where a few children listen at a time, the parent sees to it that no client waits while others could serve it: because those
 * that listen are stopped, block their thread, or have died. It looks at the queue of the listening socket, which tells the
 * truth whatever became of them. Pure, but for what it is given.
 *
 * @module
 */

/** How soon after a client has come its place in the queue is looked at, in milliseconds; doubled while all goes well. */
const FIRST_TICK_MS = 5;
const LONGEST_TICK_MS = 40;
/** After how long without need there are as many tokens as usual again, in milliseconds. */
const GROWN_MS = 1000;
/** So many clients are enough to judge what kind they are. */
const ENOUGH_CLIENTS = 64;
/** Of so many of them that make their children wait, all children listen; of fewer than the other share, a few again. */
const MANY_WAIT = 1 / 2;
const FEW_WAIT = 1 / 4;

/** What it rules. */
export interface Listening {
  readonly count: number;
  readonly isOpen: boolean;
  readonly counts: { readonly accepted: number; readonly cold: number };
  renew(): void;
  grow(more: number): void;
  open(children: number): void;
  narrow(): void;
}

/** What it works with. */
export interface QueueWatchParts {
  readonly listening: Listening;
  /** The listening socket. */
  readonly fd: number;
  /** Whether a client waits there now. */
  readonly isQueued: () => boolean;
  /** How many children there are. */
  readonly children: () => number;
}

/** Watches one queue. Times are those of `performance.now()`. */
export class QueueWatch {
  readonly #parts: QueueWatchParts;
  /** When to look at the queue; undefined while it is empty, and waited for. */
  #nextTick: number | undefined;
  #tickMs = FIRST_TICK_MS;
  /** How many tokens there are beside the usual ones, and since when none was missed. */
  #grown = 0;
  #grownAt = 0;
  #openedAt = 0;
  #before: Listening["counts"];
  /** The counts when the present judgement began. */
  #judged: Listening["counts"];

  constructor(parts: QueueWatchParts) {
    this.#parts = parts;
    this.#before = parts.listening.counts;
    this.#judged = this.#before;
  }

  /** The descriptor to wait for; undefined while that would return at once. */
  get fd(): number | undefined {
    return this.#nextTick === undefined ? this.#parts.fd : undefined;
  }

  /** Until when one may wait; Infinity where nothing is to be done. */
  get until(): number {
    return this.#nextTick ?? Infinity;
  }

  /** A client has come. */
  queued(now: number): void {
    if (this.#nextTick !== undefined) return;
    this.#tickMs = FIRST_TICK_MS;
    this.#before = this.#parts.listening.counts;
    this.#nextTick = now + FIRST_TICK_MS;
  }

  /** Looks at the queue, if it is time. */
  tick(now: number): void {
    if (this.#nextTick === undefined || now < this.#nextTick) return;
    const { listening, isQueued } = this.#parts;
    const { counts } = listening;
    const accepted = (counts.accepted - this.#before.accepted) | 0;
    this.#before = counts;
    this.#judge(counts, now);
    if (!isQueued()) {
      this.#shrink();
      this.#nextTick = undefined;
      return;
    }
    if (!listening.isOpen && accepted < listening.count) this.#grow(now);
    else {
      this.#tickMs = Math.min(2 * this.#tickMs, LONGEST_TICK_MS);
      if (now - this.#grownAt > GROWN_MS) this.#shrink();
    }
    this.#nextTick = now + this.#tickMs;
  }

  /** Clients wait, and nearly none was taken. */
  #grow(now: number): void {
    const { listening, children } = this.#parts;
    const more = Math.min(Math.max(listening.count, this.#grown), children() - listening.count - this.#grown);
    this.#grownAt = now;
    this.#tickMs = FIRST_TICK_MS;
    if (more <= 0) return;
    this.#grown += more;
    listening.grow(more);
  }

  #shrink(): void {
    if (this.#grown === 0) return;
    this.#grown = 0;
    if (!this.#parts.listening.isOpen) this.#parts.listening.renew();
  }

  /** Where most clients make their children wait, tokens would only be carried to and fro. */
  #judge(counts: Listening["counts"], now: number): void {
    const { listening, children } = this.#parts;
    const accepted = (counts.accepted - this.#judged.accepted) | 0;
    if (accepted < ENOUGH_CLIENTS) return;
    const share = ((counts.cold - this.#judged.cold) | 0) / accepted;
    this.#judged = counts;
    if (!listening.isOpen && share > MANY_WAIT) {
      this.#grown = 0;
      this.#openedAt = now;
      listening.open(children());
    } else if (listening.isOpen && share < FEW_WAIT && now - this.#openedAt > GROWN_MS) listening.narrow();
  }
}
