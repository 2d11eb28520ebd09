/**
 * Waiting in tests: the one place with timers. How long one waits is settled in `limits.ts`.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { WAIT_MS } from "./limits.ts";

const POLL_MS = 10;
/** One that has waited for long looks less often: what a test looks at, such as all of /proc, takes its time. */
const LONGEST_POLL_MS = 50;

type What = string | (() => string);

function notYet(what: What, ms: number): Error {
  return new Error(`Not within ${ms / 1000} seconds: ${typeof what === "string" ? what : what()}`);
}

/** Polls until `condition` gives something truthy, and returns that. @throws if it never does */
export async function until<T>(condition: () => T | Promise<T>, what?: What): Promise<T>;
/** The same. @param _ is not looked at: no test has a limit of its own */
export async function until<T>(condition: () => T | Promise<T>, _: number, what?: What): Promise<T>;
export async function until<T>(
  condition: () => T | Promise<T>,
  ...rest: readonly (What | number | undefined)[]
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    const waited = performance.now() - start;
    if (waited > WAIT_MS) throw notYet(lastOf(rest) ?? "the condition", WAIT_MS);
    await sleep(Math.min(POLL_MS + waited / 20, LONGEST_POLL_MS));
  }
}

/** What `promise` gives. @throws if it does not within so long a time that it must hang */
export async function within<T>(promise: Promise<T>, what?: What, limitMs?: number): Promise<T>;
/** The same. @param _ is not looked at: no test has a limit of its own */
export async function within<T>(promise: Promise<T>, _: number, what?: What): Promise<T>;
export async function within<T>(
  promise: Promise<T>,
  ...rest: readonly (What | number | undefined)[]
): Promise<T> {
  const limitMs = typeof rest[1] === "number" ? rest[1] : WAIT_MS;
  const stop = new AbortController();
  const late = sleep(limitMs, undefined, { signal: stop.signal }).then(
    () => Promise.reject(notYet(lastOf(rest) ?? "the promise", limitMs)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

/** What is waited for. */
function lastOf(rest: readonly (What | number | undefined)[]): What | undefined {
  return rest.find((word): word is What => word !== undefined && typeof word !== "number");
}

/** Lets `ms` pass, where a test must see that something does not happen. */
export async function pass(ms: number): Promise<void> {
  await sleep(ms);
}
