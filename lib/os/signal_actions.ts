/**
 * What signals do to this process, changed for a while behind the runtime's back.
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c, isLinux } from "./constants.ts";
import { signalNumber } from "./process.ts";

/** Larger than any system's `struct sigaction`. */
const SIGACTION_SIZE = 256;

/** Where Linux has the flags in `struct sigaction`: behind the handler and a mask of 1,024 bits (glibc and musl alike). */
const FLAGS_OFFSET = 136;
const SA_RESTART = 0x10000000;

/** Where a function of the C library lies; 0 where that is not to be found (glibc before 2.34). */
export function addressOf(name: string): number {
  try {
    return libc.dlsym(0, new TextEncoder().encode(`${name}\0`));
  } catch {
    return 0;
  }
}

/** Has `handler` called for a signal. */
function act(number: number, handler: number): void {
  if (!isLinux) return void libc.signal(number, handler);
  // All signals wait while it runs: none of them interrupts it, to be left behind when the program is replaced.
  const action = new Uint8Array(SIGACTION_SIZE);
  const view = new DataView(action.buffer);
  view.setBigUint64(0, BigInt(handler), true);
  action.fill(0xff, 8, FLAGS_OFFSET);
  view.setInt32(FLAGS_OFFSET, SA_RESTART, true);
  libc.sigaction(number, action, null);
}

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
      act(number, handler);
    }
  }

  /** The signals do again what they did before. */
  restore(): void {
    for (const [number, before] of this.#before) libc.sigaction(number, before, null);
  }
}
