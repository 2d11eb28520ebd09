/**
 * The pause between tries when children die at birth. Pure: the time is passed in.
 *
 * @module
 */

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** Doubles from try to try. */
export class Backoff {
  #failures = 0;
  #notBefore = 0;

  /** How many times in a row children died at birth. */
  get failures(): number {
    return this.#failures;
  }

  /** Children died at birth. Returns the milliseconds until the next try. */
  fail(now: number): number {
    const pause = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
    this.#notBefore = now + pause;
    return pause;
  }

  /** A child lives. */
  succeed(): void {
    this.#failures = 0;
    this.#notBefore = 0;
  }

  /** How many children may be started now: none during a pause, one for a try after a failure, else any number. */
  allowed(now: number): number {
    if (now < this.#notBefore) return 0;
    return this.#failures > 0 ? 1 : Infinity;
  }

  /** When the pause ends; undefined if there is none. */
  ends(now: number): number | undefined {
    return this.#notBefore > now ? this.#notBefore : undefined;
  }
}
