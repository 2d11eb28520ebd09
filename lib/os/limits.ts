/**
 * How many descriptors this process, and what it executes, may have (`RLIMIT_NOFILE`).
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { systemError } from "./errno.ts";

/** More than any server here needs: where the hard limit is higher, the rest is left to it. */
const ENOUGH = 1 << 20;

/** The soft limit of open files that programs expect, and that systemd gives (systemd.exec(5)). */
const USUAL_FILES = 1024;

/** `struct rlimit`: the soft and the hard limit, a rlim_t of 64 bits each. Undefined if they cannot be read. */
function readLimits(): BigUint64Array<ArrayBuffer> | undefined {
  const limits = new BigUint64Array(2);
  return libc.getrlimit(c.RLIMIT_NOFILE, new Uint8Array(limits.buffer)) < 0 ? undefined : limits;
}

/** Sets the soft limit, and leaves the hard one. Returns whether the system took it. */
function setSoft(limits: BigUint64Array<ArrayBuffer>, soft: number): boolean {
  limits[0] = BigInt(soft);
  return libc.setrlimit(c.RLIMIT_NOFILE, new Uint8Array(limits.buffer)) >= 0;
}

/**
 * Raises the soft limit of open descriptors to the hard one.
 *
 * @returns The limit in force.
 * @throws {SystemError}
 */
export function raiseDescriptorLimit(): number {
  const limits = readLimits();
  if (limits === undefined) throw systemError("getrlimit", "read the limit of open descriptors");
  const soft = Number(limits[0]);
  const wanted = Math.min(Number(limits[1]), ENOUGH);
  // On macOS a limit above kern.maxfilesperproc is refused: the one that is there stays.
  return soft >= wanted || !setSoft(limits, wanted) ? soft : wanted;
}

/**
 * Sets the soft limit of open files back to what is usual, for this process and what it executes: both runtimes raise
 * it to the hard limit when they start, and a program that walks through all possible descriptors takes long then.
 * The hard limit stays.
 */
export function lowerFileLimit(): void {
  const limits = readLimits();
  if (limits !== undefined && Number(limits[0]) > USUAL_FILES) setSoft(limits, USUAL_FILES);
}
