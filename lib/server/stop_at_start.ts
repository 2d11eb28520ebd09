/**
 * A stop that comes while the server starts: it ends in order, whatever the start waits for.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { setAlarm } from "../process/alarm.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
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
 * @param graceMs How long `start` still has when a signal to stop comes. If it is done by then, the signal is kept too.
 * @throws {StoppedAtStart}
 */
export async function unlessStopped<T>(start: () => Promise<T>, graceMs = 0): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const came: string[] = [];
  const callOff: (() => void)[] = [];
  const stop = (name: string) => {
    if (graceMs === 0) return reject(new StoppedAtStart(name));
    came.push(name);
    callOff.push(setAlarm(graceMs, () => reject(new StoppedAtStart(name))));
  };
  const forget = SIGNALS.filter(({ parent }) => parent === "stop" || parent === "quit").map(({ name }) =>
    runtime.onSignal(name, () => stop(name))
  );
  try {
    return await Promise.race([promise, start()]);
  } finally {
    for (const each of [...callOff, ...forget]) each();
    for (const name of came) signalListeners.came(name);
  }
}
