/**
 * Waiting in tests: the one place with timers.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 10;

/** Polls until `condition` gives something truthy, and returns that. @throws if it does not by the deadline */
export async function until<T>(
  condition: () => T | Promise<T>,
  deadlineMs: number,
  what: string | (() => string) = "the condition",
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) {
      throw new Error(`Not within ${deadlineMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    await sleep(POLL_MS);
  }
}

/** What `promise` gives. @throws if it does not by the deadline */
export async function within<T>(promise: Promise<T>, deadlineMs: number, what = "the promise"): Promise<T> {
  const stop = new AbortController();
  const late = sleep(deadlineMs, undefined, { signal: stop.signal }).then(
    () => Promise.reject(new Error(`Not within ${deadlineMs} ms: ${what}`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/** Lets `ms` pass, where a test must see that something does not happen. */
export async function pass(ms: number): Promise<void> {
  await sleep(ms);
}
