/**
 * Where a few children listen at a time, the parent sees to it that no client waits while others could serve it: because those
 * that listen are stopped, block their thread, or have died. It looks at the queues of the listening sockets, which tell the
 * truth whatever became of them. Pure, but for what it is given.
 *
 * @module
 */

/** How soon after a client has come its place in the queue is looked at, in milliseconds; doubled while all goes well. */
const FIRST_TICK_MS = 5;
const LONGEST_TICK_MS = 40;
/** A look that comes so late, in milliseconds, tells that processes wait for a processor: more of them would wait too. */
const LATE_MS = 5;
/** After how long without need there are as many tokens as usual again, in milliseconds. */
const GROWN_MS = 1000;
/** Where all children listen and nobody comes for so long, a few are enough again, in milliseconds. */
const REST_MS = 2000;
/** So many clients are enough to judge what kind they are. */
const ENOUGH_CLIENTS = 64;
/** Of so many of them that make their children wait, all children listen; of fewer than the other share, a few again. */
const MANY_WAIT = 1 / 2;
const FEW_WAIT = 1 / 4;

const NONE: readonly number[] = [];

/** What it rules. */
export interface Listening {
  readonly count: number;
  readonly isOpen: boolean;
  readonly counts: { readonly accepted: number; readonly cold: number };
  settle(): void;
  grow(more: number): void;
  renewTurn(): void;
  suspendLock(): void;
  resumeLock(): void;
  open(children: number): void;
  narrow(): void;
}

/** What it works with. */
export interface QueueWatchParts {
  readonly listening: Listening;
  /** The listening sockets. */
  readonly fds: readonly number[];
  /** Whether a client waits at one of them now. */
  readonly isQueued: () => boolean;
  /** How many children there are. */
  readonly children: () => number;
}

/** Watches the queues of all listening sockets. Times are those of `performance.now()`. */
export class QueueWatch {
  readonly #parts: QueueWatchParts;
  /** When to look at the queues; undefined while they are empty, and waited for. */
  #nextTick: number | undefined;
  #tickMs = FIRST_TICK_MS;
  /** How many tokens there are beside the usual ones, and since when none was missed. */
  #grown = 0;
  #grownAt = 0;
  #openedAt = 0;
  /** When to see whether anybody has come while all listened, and how many had at the last look. */
  #restAt = Infinity;
  #atRest = 0;
  /** Whether clients waited in vain at the last look too. */
  #isStuck = false;
  #isLockless = false;
  #before: Listening["counts"];
  /** The counts when the present judgement began. */
  #judged: Listening["counts"];

  constructor(parts: QueueWatchParts) {
    this.#parts = parts;
    this.#before = parts.listening.counts;
    this.#judged = this.#before;
  }

  /** The descriptors to wait for; none while that would return at once. */
  get fds(): readonly number[] {
    return this.#nextTick === undefined ? this.#parts.fds : NONE;
  }

  /** Until when one may wait; Infinity where nothing is to be done. */
  get until(): number {
    return Math.min(this.#nextTick ?? Infinity, this.#restAt);
  }

  /** A client has come. */
  queued(now: number): void {
    if (this.#nextTick !== undefined) return;
    this.#tickMs = FIRST_TICK_MS;
    this.#before = this.#parts.listening.counts;
    this.#nextTick = now + FIRST_TICK_MS;
  }

  /** Looks at the queues, if it is time. */
  tick(now: number): void {
    if (now >= this.#restAt) this.#narrowAtRest(now);
    if (this.#nextTick === undefined || now < this.#nextTick) return;
    const { listening, isQueued } = this.#parts;
    const { counts } = listening;
    const accepted = (counts.accepted - this.#before.accepted) | 0;
    const isLate = now - this.#nextTick > LATE_MS;
    this.#before = counts;
    this.#judge(counts, now);
    if (!isQueued()) {
      this.#shrink();
      this.#nextTick = undefined;
      return;
    }
    // Of those that listen all at once, only some tell of their clients.
    const isOneEnough = listening.isOpen || isLate;
    if (accepted < (isOneEnough ? 1 : listening.count)) this.#unstick(now);
    else {
      this.#isStuck = false;
      this.#lookLessOften();
      if (now - this.#grownAt > GROWN_MS) this.#shrink();
    }
    this.#nextTick = now + this.#tickMs;
  }

  /** Clients wait, and nearly none was taken. */
  #unstick(now: number): void {
    const { listening } = this.#parts;
    this.#grownAt = now;
    if (listening.isOpen) this.#lookLessOften();
    else this.#tickMs = FIRST_TICK_MS;
    if (this.#isStuck && !this.#isLockless) {
      this.#isLockless = true;
      listening.suspendLock();
    }
    this.#isStuck = true;
    if (!listening.isOpen) this.#grow();
    // After the tokens: there is to be a child that can take it.
    listening.renewTurn();
  }

  #lookLessOften(): void {
    this.#tickMs = Math.min(2 * this.#tickMs, LONGEST_TICK_MS);
  }

  #grow(): void {
    const { listening, children } = this.#parts;
    const more = Math.min(Math.max(listening.count, this.#grown), children() - listening.count - this.#grown);
    if (more <= 0) return;
    this.#grown += more;
    listening.grow(more);
  }

  /** All is as usual again. */
  #shrink(): void {
    this.#isStuck = false;
    if (this.#isLockless) this.#parts.listening.resumeLock();
    this.#isLockless = false;
    if (this.#grown === 0) return;
    this.#grown = 0;
    if (!this.#parts.listening.isOpen) this.#parts.listening.settle();
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
      this.#restFrom(now);
      listening.open(children());
    } else if (listening.isOpen && share < FEW_WAIT && now - this.#openedAt > GROWN_MS) this.#narrow();
  }

  #restFrom(now: number): void {
    this.#restAt = now + REST_MS;
    this.#atRest = this.#parts.listening.counts.accepted;
  }

  /** What kind of clients there were says nothing of the next ones. */
  #narrowAtRest(now: number): void {
    const isAtRest = this.#nextTick === undefined && this.#parts.listening.counts.accepted === this.#atRest;
    if (isAtRest) this.#narrow();
    else this.#restFrom(now);
  }

  #narrow(): void {
    this.#restAt = Infinity;
    this.#parts.listening.narrow();
  }
}
