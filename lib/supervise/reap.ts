/**
 * What the end of a child means. Pure.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Death } from "../daemon/totals.ts";
import type { Ending } from "../os/process.ts";
import type { State } from "../scoreboard/layout.ts";

export type { Death };

/** The meaning of an ending. */
export interface Verdict {
  /** Whether it ended before it could serve, or as soon as it could: its successors need not do better. */
  readonly atBirth: boolean;
  /** Whether it was killed from outside: another child need not end the same way. */
  readonly fromOutside: boolean;
  /** Whether it ended without leaving by itself, perhaps with the serializer's turn. */
  readonly abnormal: boolean;
  /** The level and text for the log. */
  readonly level: number;
  readonly text: string;
}

/** How a child's end is counted. `told`: the signal that it was last told to leave by. */
export function deathOf({ code, signal }: Ending, told: "HUP" | "TERM" | "KILL" | undefined): Death {
  if (signal === undefined) return code === 0 ? "ended" : "failed";
  if (signal === "SIGKILL" && told === "KILL") return "timeout";
  return signal.startsWith("SIG") ? signal as Death : "SIGRT"; // a real-time signal has a number only
}

/** What one process sends to another to end it. A program that fails comes by another of them, such as SIGSEGV. */
const FROM_OUTSIDE: readonly (string | undefined)[] = [
  "SIGKILL",
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
];

/** A child that fails so soon after it was ready, without a client, fails by what it began with, in milliseconds. */
export const SOON_MS = 1000;

/** The states that a child ends in by its own code: it was told to, or its work was done. */
const LAST: readonly (State | undefined)[] = ["leaving", "dequeue", "free", undefined];

/** The meaning of `ending` for a child that was last seen in `state`, and was told to leave or not. */
export function meaningOf(
  ending: Ending,
  child: {
    readonly state: State | undefined;
    /** For how long it has been in that state, in milliseconds. */
    readonly inStateMs: number;
    readonly requests: number;
    readonly dismissed: boolean;
  },
): Verdict {
  const { state, inStateMs, requests, dismissed } = child;
  const fromOutside = FROM_OUTSIDE.includes(ending.signal);
  // What a handler, or anything that it has called, ends by exit(0) is no good end.
  const ranOut = ending.code === 0 && !dismissed && !LAST.includes(state);
  const abnormal = ending.signal !== undefined || ending.code !== 0 || ranOut;
  const beforeReady = state === "starting" && !dismissed;
  // Negative after the clock was set back, which tells nothing.
  const isYoung = inStateMs >= 0 && inStateMs < SOON_MS;
  const soon = state === "waiting" && requests === 0 && isYoung && abnormal && !dismissed && !fromOutside;
  const how = ending.signal !== undefined
    ? `was killed by ${ending.signal}${ending.signal === "SIGKILL" && !dismissed ? " (out of memory?)" : ""}`
    : `ended with status ${ending.code}`;
  const when = beforeReady
    ? " before it was ready"
    : soon
    ? " as soon as it was ready"
    : ` after ${requests} client${requests === 1 ? "" : "s"}`;
  const unasked = !ranOut || beforeReady
    ? ""
    : state === "serving"
    ? ", in the middle of the last: something called exit"
    : ", unasked: something called exit";
  return {
    atBirth: beforeReady || soon,
    fromOutside,
    abnormal,
    level: abnormal && !dismissed ? LEVEL.warning : LEVEL.debug,
    text: `Child ${ending.pid} ${how}${when}${unasked}`,
  };
}
