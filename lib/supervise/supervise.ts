/**
 * The parent's loop: wait, heed signals, reap, watch, populate (Net::Server's `run_parent`).
 *
 * @module
 */

import type { ParentAction } from "../signals.ts";
import { Clock } from "./clock.ts";
import type { Parent } from "./parent.ts";

/** How the loop ended. */
export type LoopEnd = "stop" | "quit" | "restart";

/** Runs until a signal wants the server to stop or to restart. */
export async function supervise(parent: Parent): Promise<LoopEnd> {
  const { config, handler, server } = parent.parts;
  const clock = new Clock(config, { hasIdleHook: handler.hooks?.idleLoop !== undefined });
  for (;;) {
    await parent.inbox.wait(clock.untilNext(performance.now(), parent.nextLook));
    const { actions, passed } = parent.inbox.take();
    for (const signal of passed) parent.passOn(signal);
    for (const action of actions) {
      const end = await heed(parent, action);
      if (end !== undefined) return end;
    }
    await parent.reapEnded();
    await parent.callHook("idleLoop", (hooks) => hooks.idleLoop?.(server));
    const now = performance.now();
    if (clock.takeDeadCheck(now)) await parent.checkForDead();
    await parent.populate();
    if (clock.takeDequeue(now) && parent.dequeueCount < (config.maxDequeue ?? 0)) await parent.runDequeue();
  }
}

async function heed(parent: Parent, action: ParentAction): Promise<LoopEnd | undefined> {
  switch (action) {
    case "stop":
    case "quit":
    case "restart":
      return action;
    case "more":
      await parent.scale(1);
      return;
    case "fewer":
      await parent.scale(-1);
      return;
    case "reopen":
      reopenLog(parent);
      return;
    case "reap":
      return; // each turn of the loop reaps
  }
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
