/**
 * Gives timers, signals and everything else in the event loop its turn, while clients come without a pause.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";

/** How long clients may be served without a pause. */
const LONGEST_MS = 25;

/** Says when it is time for a turn. */
export class Yielder {
  #last = performance.now();

  /** Whether the event loop is due for a turn. */
  get due(): boolean {
    return performance.now() - this.#last > LONGEST_MS;
  }

  /** Gives the turn. */
  async yieldToEvents(): Promise<void> {
    await runtime.yieldToEvents();
    this.#last = performance.now();
  }
}

/** Never: the process ends before. */
export function forever(): Promise<never> {
  return new Promise(() => {});
}
