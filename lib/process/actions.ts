/**
 * What a batch of signals comes to. Pure: the loop of every personality asks it, so that the same signals mean the same
 * everywhere.
 *
 * Signals that come together have no order that a person could rely on. So every effect is carried out (a log is opened
 * again, children are counted up and down), and of what ends the loop the strongest decides: to stop is stronger than to
 * quit, and both are stronger than to restart.
 *
 * @module
 */

import type { ParentAction } from "../signals.ts";

/** How a loop ends by signals. */
export type LoopEnd = "stop" | "quit" | "restart";

/** The strongest first. */
const ENDS: readonly LoopEnd[] = ["stop", "quit", "restart"];

/** What is to be done about a batch. */
export interface Decision {
  /** How many children more. */
  readonly more: number;
  /** How many children fewer, counted after those that are more. */
  readonly fewer: number;
  /** Whether the log is to be opened again. */
  readonly reopen: boolean;
  /** How the loop ends, once the rest is done; undefined if it goes on. */
  readonly end: LoopEnd | undefined;
}

/** What a batch of actions comes to: every effect, and the strongest end. */
export function decide(actions: readonly ParentAction[]): Decision {
  const count = (wanted: ParentAction) => actions.filter((action) => action === wanted).length;
  return {
    more: count("more"),
    fewer: count("fewer"),
    reopen: actions.includes("reopen"),
    end: ENDS.find((end) => actions.includes(end)),
  };
}

/**
 * A signal to stop that comes again so soon was meant once: timeout(1) sends it to the process and then to its group,
 * which takes it as long as the system lets it wait between the two. Later, it means that the first was not enough.
 */
export const SAME_SIGNAL_MS = 250;

/** Tells a signal to stop that was sent twice from one that is meant twice. Pure: the time is passed in. */
export class Repeats {
  readonly #meantAt = new Map<ParentAction, number>();

  /** Whether `action` is the one that came just before, sent again. Only another of its own kind can be that. */
  isSame(action: ParentAction, now: number): boolean {
    if (action !== "stop" && action !== "quit") return false;
    if (now - (this.#meantAt.get(action) ?? -Infinity) < SAME_SIGNAL_MS) return true;
    this.#meantAt.set(action, now);
    return false;
  }
}
