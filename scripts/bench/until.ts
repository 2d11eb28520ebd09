/**
 * Waiting for something that sends no event.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` holds, looking again every `everyMs`.
 *
 * @returns Whether it came to hold before the deadline.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 10 }: { withinMs: number; everyMs?: number },
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!await condition()) {
    if (performance.now() >= deadline) return false;
    await pause(everyMs);
  }
  return true;
}
