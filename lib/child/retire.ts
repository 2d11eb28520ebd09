/**
 * When a child's successor should be started, so that capacity does not dip when it leaves. Pure.
 *
 * @module
 */

/** A successor is started this many times its start-up time ahead. */
const LEAD = 3;

/**
 * After how many clients a child asks for its successor.
 *
 * @param maxRequests How many clients it serves in all.
 * @param startupMs How long it took this child to start.
 * @param served How many clients it has served so far, in `elapsedMs`.
 */
export function retireAfter(
  maxRequests: number,
  startupMs: number,
  served: number,
  elapsedMs: number,
): number {
  const perClient = elapsedMs / Math.max(served, 1);
  const ahead = Math.ceil(LEAD * startupMs / Math.max(perClient, 0.001));
  // At the earliest half-way, so that a child is not followed by a crowd of successors that wait.
  return Math.max(Math.ceil(maxRequests / 2), maxRequests - Math.max(ahead, 1), 1);
}
