/**
 * How many children start at once. Pure: the time is passed in.
 *
 * More than there are processors only slow each other down: with a few at a time the first ones serve early, and all
 * are there as soon. A child that waits for something else while it starts (its `child_init` hook, say) must not hold
 * back the others, though: the number doubles whenever none gets ready for a while.
 *
 * @module
 */

/** How long no child may get ready before more are started. */
const TIMEOUT_MS = 50;

/** Says how many children may be started. */
export class Pace {
  readonly #processors: number;
  #atOnce: number;
  /** When a place was last free. */
  #freeAt = -Infinity;
  #holding = false;

  /** @param processors How many processors there are. */
  constructor(processors: number) {
    this.#processors = Math.max(1, processors);
    this.#atOnce = this.#processors;
  }

  /** How many of `wanted` children may be started now, while `starting` others are not ready yet. */
  allowed(now: number, wanted: number, starting: number): number {
    if (starting >= this.#atOnce && now - this.#freeAt >= TIMEOUT_MS) this.#atOnce *= 2;
    const free = Math.max(0, this.#atOnce - starting);
    if (free > 0) this.#freeAt = now;
    this.#holding = wanted > free;
    if (!this.#holding) this.#atOnce = this.#processors;
    return Math.min(wanted, free);
  }

  /** When to look again at the latest; undefined if no start is held back. */
  get ends(): number | undefined {
    return this.#holding ? this.#freeAt + TIMEOUT_MS : undefined;
  }
}
