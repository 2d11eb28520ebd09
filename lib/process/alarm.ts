/**
 * A timer that may be far away, or never ring.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";

/** A longer timer would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `ring` once after `delayMs`, never if that is Infinity. The result cancels it.
 *
 * @param options `keepsAlive`: whether the event loop is not empty as long as it has not rung. Default: true.
 */
export function setAlarm(
  delayMs: number,
  ring: () => void,
  { keepsAlive = true }: { readonly keepsAlive?: boolean } = {},
): () => void {
  if (delayMs === Infinity) return () => {};
  const timer = setTimeout(ring, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
  if (!keepsAlive) runtime.unrefTimer(timer);
  return () => clearTimeout(timer);
}
