/**
 * The priorities of syslog(3) for the levels of a log. Pure.
 *
 * @module
 */

/** `err`, `warning`, `notice`, `info`, `debug`: Net::Server's map of levels 0 to 4. */
const PRIORITIES: readonly number[] = [3, 4, 5, 6, 7];

/** The priority of a level: 0 is `err` (3), 4 and above are `debug` (7). */
export function priorityOf(level: number): number {
  return PRIORITIES[Math.max(0, level)] ?? 7;
}
