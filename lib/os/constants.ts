/**
 * The kernel's numbers on the system at hand: its row of the tables in `lib/kernel_constants.ts`.
 *
 * @module
 */

import {
  type Constants,
  constantsOf,
  type LinuxConstants,
  linuxConstantsOf,
  signalNumbersOf,
} from "../kernel_constants.ts";
import { runtime } from "../runtime/choose.ts";

/** Whether this is Linux; the other system is macOS. */
export const isLinux: boolean = runtime.platform !== "darwin";

/** The numbers of this system. */
export const constants: Constants = constantsOf(runtime.platform, runtime.arch);

/** Those that Linux alone has: for what runs on Linux alone. */
export const linux: LinuxConstants = linuxConstantsOf(runtime.arch);

/** The number of each signal on this system, by its full name. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = signalNumbersOf(runtime.platform);
