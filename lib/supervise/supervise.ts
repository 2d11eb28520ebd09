/**
 * The parent's loop: wait, handle signals, reap, watch, populate (Net::Server's `run_parent`).
 *
 * @module
 */

import { decide, type LoopEnd } from "../process/actions.ts";
import { Clock } from "./clock.ts";
import type { Parent } from "./parent.ts";

/** Runs until a signal wants the server to stop or to restart. */
export async function supervise(parent: Parent): Promise<LoopEnd> {
  const { config, handler, server } = parent.parts;
  const clock = new Clock(config, { hasIdleHook: handler.hooks?.idleLoop !== undefined });
  for (;;) {
    await parent.inbox.wait(clock.untilNext(performance.now(), parent.nextLook));
    const end = await handleSignals(parent);
    if (end !== undefined) return end;
    await parent.reapEnded();
    await parent.callHook("idleLoop", (hooks) => hooks.idleLoop?.(server));
    const now = performance.now();
    if (clock.takeDeadCheck(now)) await parent.checkForDead();
    await parent.populate();
    if (clock.takeDequeue(now) && parent.dequeueCount < (config.maxDequeue ?? 0)) await parent.runDequeue();
  }
}

/** Does what the signals that have come ask for. Returns what ends the loop. */
async function handleSignals(parent: Parent): Promise<LoopEnd | undefined> {
  const { actions, passed } = parent.inbox.take();
  for (const signal of passed) parent.passOn(signal);
  const { more, fewer, reopen, end } = decide(actions);
  if (reopen) reopenLog(parent);
  for (let i = 0; i < more; i++) await parent.scale(1);
  for (let i = 0; i < fewer; i++) await parent.scale(-1);
  return end;
}

function reopenLog(parent: Parent): void {
  const { logger, config, daemon } = parent.parts;
  logger.reopen();
  daemon.reopened(logger.fileFd);
  if (config.chroot !== undefined) {
    // Inside of their root they find no log file: their successors open it before they go there.
    for (const child of parent.children) if (child.kind === "server") parent.dismiss(child, "HUP");
  } else if (!config.sigPassthrough?.includes("USR1")) parent.passOn("USR1");
}
