/**
 * How many children start at once. Pure: the time is passed in.
 *
 * More than there are processors only slow each other down: with a few at a time the first ones serve early, and all
 * are there as soon. At the very first there are half as many, since somebody waits for the first one: the runtime has
 * threads that help it to start, and the parent is at work too. A child that waits for something else while it starts (its `child_init` hook, say) must not hold
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
  /** Which children are on their way: none yet, the very first ones, or any. */
  #stage: "none" | "first" | "any" = "none";
  /** When a place was last free. */
  #freeAt = -Infinity;
  #holding = false;

  /** @param processors How many processors there are. */
  constructor(processors: number) {
    this.#processors = Math.max(1, processors);
    this.#atOnce = Math.max(1, this.#processors >> 1);
  }

  /** How many of `wanted` children may be started now, while `starting` others are not ready yet. */
  allowed(now: number, wanted: number, starting: number): number {
    // One of the first has got ready, or ended.
    if (this.#stage === "first" && starting < this.#atOnce) this.#startAny();
    if (starting >= this.#atOnce && now - this.#freeAt >= TIMEOUT_MS) this.#atOnce *= 2;
    const free = Math.max(0, this.#atOnce - starting);
    if (free > 0) this.#freeAt = now;
    this.#holding = wanted > free;
    if (this.#stage === "none" && wanted > 0) this.#stage = "first";
    if (!this.#holding && this.#stage !== "none") this.#startAny();
    return Math.min(wanted, free);
  }

  #startAny(): void {
    this.#stage = "any";
    this.#atOnce = this.#processors;
  }

  /** When to look again at the latest; undefined if no start is held back. */
  get ends(): number | undefined {
    return this.#holding ? this.#freeAt + TIMEOUT_MS : undefined;
  }
}
