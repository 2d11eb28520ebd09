/**
 * What the end of a child means. Pure.
 *
 * @module
 */

import type { Ending } from "../os/process.ts";
import type { State } from "../scoreboard/layout.ts";

/** The meaning of an ending. */
export interface Verdict {
  /** Whether it ended before it could serve. */
  readonly atBirth: boolean;
  /** Whether somebody else ended it: nothing says that another one would end the same way. */
  readonly fromOutside: boolean;
  /** Whether it ended without leaving by itself, perhaps with the serializer's turn. */
  readonly abnormal: boolean;
  /** The level and text for the log. */
  readonly level: number;
  readonly text: string;
}

/** What one process sends to another to end it. A program that fails comes by another of them, such as SIGSEGV. */
const FROM_OUTSIDE: readonly (string | undefined)[] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];

/** The meaning of `ending` for a child that was last seen in `state`, and was told to leave or not. */
export function meaningOf(
  ending: Ending,
  child: { readonly state: State | undefined; readonly requests: number; readonly dismissed: boolean },
): Verdict {
  const { state, requests, dismissed } = child;
  const atBirth = state === "starting" && !dismissed;
  const abnormal = ending.signal !== undefined || ending.code !== 0;
  const how = ending.signal !== undefined
    ? `was killed by ${ending.signal}${ending.signal === "SIGKILL" && !dismissed ? " (out of memory?)" : ""}`
    : `ended with status ${ending.code}`;
  const when = atBirth ? " before it was ready" : ` after ${requests} client${requests === 1 ? "" : "s"}`;
  return {
    atBirth,
    fromOutside: FROM_OUTSIDE.includes(ending.signal),
    abnormal,
    level: abnormal && !dismissed ? 1 : 4,
    text: `Child ${ending.pid} ${how}${when}`,
  };
}
