/**
 * A stop that comes while the server starts: it ends in order, whatever the start waits for.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { SIGNALS } from "../signals.ts";

/** What the start is given up with when a signal to stop comes. */
export class StoppedAtStart extends Error {
  override name = "StoppedAtStart";

  constructor(signal: string) {
    super(`Cannot start the server: it was told to stop (SIG${signal}) before it listened`);
  }
}

/**
 * What `start` gives, unless a signal to stop is quicker. All other signals, and those to stop that come later, are kept
 * until the server listens to them.
 *
 * @throws {StoppedAtStart}
 */
export async function unlessStopped<T>(start: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const forget = SIGNALS.filter(({ parent }) => parent === "stop" || parent === "quit").map(({ name }) =>
    runtime.onSignal(name, () => reject(new StoppedAtStart(name)))
  );
  try {
    return await Promise.race([promise, start()]);
  } finally {
    for (const each of forget) each();
  }
}
