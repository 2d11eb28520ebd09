/**
 * When the parent's loop has something to do without being told. Pure, the alarm apart: the time is passed in.
 *
 * @module
 */

/** How often the `idleLoop` hook is called at least, in milliseconds (Net::Server's `run_parent`). */
const IDLE_LOOP_MS = 10_000;

/** The loop's deadlines. */
export class Clock {
  readonly #deadMs: number;
  readonly #dequeueMs: number;
  readonly #idleMs: number;
  #nextDead: number;
  #nextDequeue: number;

  constructor(
    config: {
      readonly checkForDead: number;
      readonly checkForDequeue?: number | undefined;
      readonly maxDequeue?: number | undefined;
    },
    options: { readonly hasIdleHook: boolean },
    now = performance.now(),
  ) {
    this.#deadMs = config.checkForDead * 1000;
    this.#dequeueMs = config.maxDequeue && config.checkForDequeue !== undefined
      ? config.checkForDequeue * 1000
      : Infinity;
    // Without a hook that wants the turn, the process is not woken for it.
    this.#idleMs = options.hasIdleHook ? IDLE_LOOP_MS : Infinity;
    this.#nextDead = now + this.#deadMs;
    this.#nextDequeue = now + this.#dequeueMs;
  }

  /** Milliseconds until the next deadline. */
  untilNext(now: number, nextLook: number | undefined): number {
    const next = Math.min(this.#nextDead, this.#nextDequeue, now + this.#idleMs, nextLook ?? Infinity);
    return Math.max(0, next - now);
  }

  /** Whether children are to be looked after now. */
  takeDeadCheck(now: number): boolean {
    if (now < this.#nextDead) return false;
    this.#nextDead = now + this.#deadMs;
    return true;
  }

  /** Whether a dequeue process is due. */
  takeDequeue(now: number): boolean {
    if (now < this.#nextDequeue) return false;
    this.#nextDequeue = now + this.#dequeueMs;
    return true;
  }
}
