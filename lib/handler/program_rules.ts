/**
 * What holds for every program that serves clients, be it `exec`'s or one of CGI: its times, how its process group is told
 * to end, and how its end is worded.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import { type Ending, sendSignal } from "../os/process.ts";

/** The part of `stop_timeout` that programs have to end in: when that is over, the parent kills the child. */
const STOP_SHARE = 0.5;

/** The times that a program has, in milliseconds. */
export interface ProgramLimits {
  /** How long it may run; 0: as long as it likes. */
  readonly timeoutMs: number;
  /** How long it has from TERM to KILL. */
  readonly graceMs: number;
}

/** The times that the options give. */
export function limitsOf({ execTimeout, execKillAfter }: Config): ProgramLimits {
  return { timeoutMs: execTimeout * 1000, graceMs: execKillAfter * 1000 };
}

/** How long a program has from TERM to KILL when this process is to end, in milliseconds. */
export function lastGraceMs({ execKillAfter, stopTimeout }: Config): number {
  return Math.min(execKillAfter, stopTimeout * STOP_SHARE) * 1000;
}

/** Tells a program, and all of its process group, to end. */
export function tellGroupToEnd(pid: number): void {
  sendSignal(-pid, "TERM");
  // One that is stopped hears of it only when it goes on.
  sendSignal(-pid, "CONT");
}

/** How a program ended, for the log; undefined where another process was told. */
export function howEnded(ending: Ending | undefined): string {
  if (ending?.signal !== undefined) return `was ended by ${ending.signal}`;
  return ending?.code === undefined ? "ended, status unknown," : `ended with status ${ending.code}`;
}
