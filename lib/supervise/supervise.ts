/**
 * The parent's loop: wait, handle signals, reap, watch, populate (Net::Server's `run_parent`).
 *
 * @module
 */

import type { LoopEnd } from "../process/actions.ts";
import { Clock } from "./clock.ts";
import { handleSignals } from "./handle_signals.ts";
import type { Parent } from "./parent.ts";

/**
 * Runs until a signal wants the server to stop or to restart, or a restart that was tried can be made.
 *
 * @param isReady Whether it can.
 */
export async function supervise(
  parent: Parent,
  isReady: () => Promise<boolean>,
): Promise<LoopEnd | "replace"> {
  const { config, handler, server } = parent.parts;
  const clock = new Clock(config, { hasIdleHook: handler.hooks?.idleLoop !== undefined });
  for (;;) {
    await parent.inbox.wait(clock.untilNext(performance.now(), parent.nextLook));
    const end = await handleSignals(parent);
    if (end !== undefined) return end;
    if (await isReady()) return "replace";
    await parent.reapEnded();
    await parent.callHook("idleLoop", (hooks) => hooks.idleLoop?.(server));
    const now = performance.now();
    if (clock.takeDeadCheck(now)) await parent.checkForDead();
    await parent.populate();
    await parent.old.tend();
    parent.watchBusy(now);
    if (clock.takeDequeue(now) && parent.dequeueCount < (config.maxDequeue ?? 0)) await parent.runDequeue();
  }
}
