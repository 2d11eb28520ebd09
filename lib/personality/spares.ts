/**
 * How many children PreFork and Fork start, and how many they dismiss (Net::Server::PreFork's `coordinate_children`).
 * Pure: what is seen and the time are passed in.
 *
 * @module
 */

import type { SpareNumbers } from "./spare_numbers.ts";

/** How often is looked while clients come faster than children. */
const WATCH_MS = 25;
/**
 * For how long too few spares must have been seen before some are added that no client waits for: on busy processors
 * some children are done with their clients and have not been able to say so.
 */
export const SHORT_MS = 100;
/** The most children that are started at one look beyond what the spares lack. */
const LARGEST_BATCH = 32;
/** Without a client for so long, children go down to `min_spare_servers` (Net::Server's figure). */
const QUIET_MS = 30_000;

/** What the rules go by, beside the four numbers. */
export interface Pace {
  /** `check_for_waiting` in milliseconds: how often spares are dismissed. */
  readonly checkForWaitingMs: number;
  /** `min_child_ttl` in milliseconds: none is dismissed so soon after one was started. */
  readonly minChildTtlMs: number;
  /** The most children that may be on their way at once. @default Infinity */
  readonly maxStarting?: number;
  /** Whether a child that has a client will never wait again, so that what spares lack is added at once. @default false */
  readonly serveOnce?: boolean;
}

/** What is seen at a look. */
export interface Sight {
  /** The time in milliseconds. */
  readonly now: number;
  /** Children that were started and cannot serve yet. */
  readonly starting: number;
  readonly waiting: number;
  /** Children with a client, or on their way out by themselves. */
  readonly busy: number;
  /** Connections in the listen backlog; undefined where the system does not say. */
  readonly queued?: number | undefined;
  /** When the last client came, on the clock of `now`. */
  readonly lastClient: number;
}

/** What is to be done. */
export interface Decision {
  readonly start: number;
  readonly dismiss: number;
}

const NOTHING: Decision = { start: 0, dismiss: 0 };

/** Decides from look to look. */
export class SpareRules {
  #numbers: SpareNumbers;
  readonly #pace: Pace;
  #lastStart: number;
  #lastCheck: number;
  /** How many the last batch had, while demand lasts, and how many children there are once all of it was started. */
  #batch = 0;
  #goal = 0;
  #lastBatch = 0;
  #watching = false;
  /** Since when too few wait, at every look. */
  #shortSince = 0;
  /** Whether children could be dismissed, once they have no client any more. */
  #above = false;
  #full = false;

  constructor(numbers: SpareNumbers, pace: Pace, now: number) {
    this.#numbers = numbers;
    this.#pace = pace;
    this.#lastStart = this.#lastCheck = now;
  }

  get numbers(): SpareNumbers {
    return this.#numbers;
  }

  /** TTIN and TTOU: `min_servers` and `max_servers` go up or down together, and stay above 0; Fork has no minimum. */
  scale(change: number): void {
    const { minServers, maxServers, ...spares } = this.#numbers;
    this.#numbers = {
      ...spares,
      minServers: minServers === 0 ? 0 : Math.max(1, minServers + change),
      maxServers: Math.max(1, maxServers + change),
    };
  }

  /** Whether clients may come faster than children: looks follow one another then, and nobody needs to ask for one. */
  get watching(): boolean {
    return this.#watching;
  }

  /** Whether there are as many children as there may be. */
  get isFull(): boolean {
    return this.#full;
  }

  /** When to look again without being asked; undefined: not before something happens. */
  nextLook(now: number): number | undefined {
    if (this.#watching) return now + WATCH_MS;
    if (this.#above) return Math.max(now, this.#lastCheck + this.#pace.checkForWaitingMs);
    return undefined;
  }

  /** What to do about what is seen. */
  decide(sight: Sight): Decision {
    const { minServers, minSpareServers, maxServers } = this.#numbers;
    const total = sight.starting + sight.waiting + sight.busy;
    this.#above = total > minServers;
    this.#full = total >= maxServers;
    const wasWatching = this.#watching;
    this.#watching = sight.waiting < minSpareServers && !this.#full;
    if (!this.#watching) this.#batch = 0;
    else if (!wasWatching) this.#shortSince = sight.now;
    if (total > maxServers) return { start: 0, dismiss: total - maxServers };
    const wanted = total < minServers ? minServers - total : this.#watching ? this.#demand(sight, total) : 0;
    const start = Math.min(
      wanted,
      maxServers - total,
      Math.max(0, (this.#pace.maxStarting ?? Infinity) - sight.starting),
    );
    if (start > 0) {
      this.#lastStart = sight.now;
      return { start, dismiss: 0 };
    }
    const dismiss = this.#surplus(sight, total);
    return dismiss > 0 ? { start: 0, dismiss } : NOTHING;
  }

  /**
   * How many the demand asks for. Net::Server fills the spares up, which is enough where a child takes a millisecond to
   * start. Here it takes longer: while clients still wait, each batch has twice as many as the one before, yet never more
   * than there are clients for. A batch that was not started as a whole, since the machine is busy, is asked for again.
   */
  #demand({ now, starting, waiting, queued }: Sight, total: number): number {
    const { minSpareServers } = this.#numbers;
    const coming = starting + waiting;
    const isQueueLong = queued === undefined ? coming === 0 : queued > coming;
    const isShort = isQueueLong || this.#pace.serveOnce === true || now - this.#shortSince >= SHORT_MS;
    const lacking = isShort ? Math.max(0, minSpareServers - coming) : 0;
    if (this.#batch === 0) {
      this.#begin(Math.max(lacking, isQueueLong ? 1 : 0), total, now);
    } else if ((lacking > 0 || isQueueLong) && total >= this.#goal && now - this.#lastBatch >= WATCH_MS) {
      this.#begin(Math.min(2 * this.#batch, LARGEST_BATCH), total, now);
    }
    const useful = queued === undefined ? Infinity : queued + minSpareServers - coming;
    return Math.max(lacking, Math.min(this.#goal - total, useful));
  }

  #begin(batch: number, total: number, now: number): void {
    this.#batch = batch;
    this.#goal = total + batch;
    this.#lastBatch = now;
  }

  /** How many are too many. Half of them go at each check: the next wave of clients finds the other half. */
  #surplus(sight: Sight, total: number): number {
    const { now, waiting, lastClient } = sight;
    const { minServers, minSpareServers, maxSpareServers } = this.#numbers;
    if (now - this.#lastCheck < this.#pace.checkForWaitingMs) return 0;
    this.#lastCheck = now;
    if (now - this.#lastStart < this.#pace.minChildTtlMs) return 0;
    const keep = now - lastClient > QUIET_MS ? minSpareServers : maxSpareServers;
    const surplus = Math.min(waiting - keep, total - minServers);
    return surplus > 0 ? Math.ceil(surplus / 2) : 0;
  }
}
