/**
 * The numbers of signals (signal(7) on Linux, <sys/signal.h> on macOS): each list begins with 1.
 *
 * @module
 */

import { isLinux } from "./constants.ts";

const LINUX =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";
const DARWIN =
  "HUP INT QUIT ILL TRAP ABRT EMT FPE KILL BUS SEGV SYS PIPE ALRM TERM URG STOP TSTP CONT CHLD TTIN TTOU IO XCPU XFSZ VTALRM PROF WINCH INFO USR1 USR2";

/** The number of each signal on this system, by its full name. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  (isLinux ? LINUX : DARWIN).split(" ").map((name, i) => [`SIG${name}`, i + 1]),
);
