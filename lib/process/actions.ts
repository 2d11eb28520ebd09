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

/** How a loop ends. */
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

/** The stronger of two ends. */
export function strongest(...ends: readonly (LoopEnd | undefined)[]): LoopEnd | undefined {
  return ENDS.find((end) => ends.includes(end));
}
