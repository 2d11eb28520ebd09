/**
 * The pause between tries when children die at birth. Pure: the time is passed in.
 *
 * @module
 */

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/**
 * How many children may be killed from outside before they are ready, with none at work meanwhile, before that counts as
 * a failure: an operator ends them for a reason, and the system does when memory has run out.
 */
const KILLED_AT_MOST = 10;

/** Doubles from try to try. */
export class Backoff {
  #failures = 0;
  #killed = 0;
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

  /** A child was killed from outside before it was ready. Whether that is to be taken for a failure. */
  killed(options: { readonly othersWork: boolean }): boolean {
    this.#killed = options.othersWork ? 0 : this.#killed + 1;
    return this.#killed > KILLED_AT_MOST;
  }

  /** A child lives. */
  succeed(): void {
    this.#killed = 0;
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
