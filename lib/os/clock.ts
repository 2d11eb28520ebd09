/**
 * The system's clock that never goes back.
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c } from "./constants.ts";

/** The time of `CLOCK_MONOTONIC` (clock_gettime(2)), which is the same for all processes, in microseconds. */
export function monotonicMicroseconds(): number {
  const time = new BigInt64Array(2);
  libc.clock_gettime(c.CLOCK_MONOTONIC, new Uint8Array(time.buffer));
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) * 1e6 + Math.floor(Number(nanoseconds) / 1e3);
}
