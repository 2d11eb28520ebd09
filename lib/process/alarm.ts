/**
 * A timer that may be far away, or never ring.
 *
 * @module
 */

/** A longer timer would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `ring` once after `delayMs`, never if that is Infinity. The result cancels it. */
export function setAlarm(delayMs: number, ring: () => void): () => void {
  if (delayMs === Infinity) return () => {};
  const timer = setTimeout(ring, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
}
