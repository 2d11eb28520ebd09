/**
 * How many descriptors this process may have.
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { systemError } from "./errno.ts";

/** More than any server here needs: where the hard limit is higher, the rest is left to it. */
const ENOUGH = 1 << 20;

/**
 * Raises the soft limit of open descriptors (`RLIMIT_NOFILE`) to the hard one.
 *
 * @returns The limit in force.
 * @throws {SystemError}
 */
export function raiseDescriptorLimit(): number {
  // struct rlimit: the soft and the hard limit, a rlim_t of 64 bits each.
  const limits = new BigUint64Array(2);
  const bytes = new Uint8Array(limits.buffer);
  if (libc.getrlimit(c.RLIMIT_NOFILE, bytes) < 0) {
    throw systemError("getrlimit", "read the limit of open descriptors");
  }
  const soft = Number(limits[0]);
  const wanted = Math.min(Number(limits[1]), ENOUGH);
  if (soft >= wanted) return soft;
  limits[0] = BigInt(wanted);
  // On macOS a limit above kern.maxfilesperproc is refused: the one that is there stays.
  return libc.setrlimit(c.RLIMIT_NOFILE, bytes) < 0 ? soft : wanted;
}
