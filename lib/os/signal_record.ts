/**
 * A note of signals that outlives `execve(2)`. While a program replaces itself, any of its threads may still take a
 * signal, and no listener is left. So the signal's handler is a function of the C library that may be called at
 * any moment (signal-safety(7)), takes a signal's number, and leaves a trace that a process keeps when it is replaced:
 * umask(2).
 *
 * @module
 */

import { libc } from "./calls.ts";
import { signalName, signalNumber } from "./process.ts";
import { addressOf, SignalActions } from "./signal_actions.ts";

/** A mask that is no signal's number, and forbids more than most. */
const NEUTRAL = 0o77;
const ALL = 0o777;

/** What the next program needs to read the note. */
export interface SignalNote {
  /** The mask that it is to have. */
  readonly umask: number;
  /** The mask as long as no signal came. */
  readonly neutral: number;
}

/** Notes signals in place of what listens to them. */
export class SignalRecord {
  /** What is to be handed on. */
  readonly note: SignalNote;
  readonly #actions: SignalActions;

  /** @param names The signals. The last that comes is known. */
  constructor(names: readonly string[]) {
    const numbers = names.map((name) => signalNumber(name) ?? 0);
    const umask = libc.umask(NEUTRAL);
    const neutral = numbers.includes(umask) ? NEUTRAL : umask;
    libc.umask(neutral);
    this.note = { umask, neutral };
    // Without it the default action: a signal that ends this program ends it now, rather than being lost.
    this.#actions = new SignalActions(names, addressOf("umask"));
  }

  /** Gives the signals back to those who listened. Returns the one that came meanwhile. */
  restore(): string | undefined {
    this.#actions.restore();
    return readNote(this.note);
  }
}

/** The signal of which there is a note; the mask is as it was, after that. */
export function readNote({ umask, neutral }: SignalNote): string | undefined {
  const found = libc.umask(umask) & ALL;
  return found === neutral ? undefined : signalName(found).replace("SIG", "");
}
