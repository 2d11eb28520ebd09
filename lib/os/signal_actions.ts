/**
 * What signals do to this process, changed for a while behind the runtime's back.
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { signalNumber } from "./process.ts";

/** Larger than any system's `struct sigaction`. */
const SIGACTION_SIZE = 256;

/** Other actions for some signals, until they are restored. */
export class SignalActions {
  readonly #before = new Map<number, Uint8Array>();

  /**
   * @param names The signals.
   * @param handler The address of a C function that signal-safety(7) allows; by default the signals are ignored.
   */
  constructor(names: readonly string[], handler: number = c.SIG_IGN) {
    for (const name of names) {
      const number = signalNumber(name) ?? 0;
      const before = new Uint8Array(SIGACTION_SIZE);
      libc.sigaction(number, null, before);
      this.#before.set(number, before);
      libc.signal(number, handler);
    }
  }

  /** The signals do again what they did before. */
  restore(): void {
    for (const [number, before] of this.#before) libc.sigaction(number, before, null);
  }
}
