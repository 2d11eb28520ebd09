/**
 * The child that works off the queue (Net::Server's `run_dequeue`).
 *
 * @module
 */

import type { Handler } from "../context.ts";
import type { Handoff } from "../handoff.ts";
import { closeFd } from "../os/descriptor.ts";
import { callHook } from "../process/failure.ts";
import type { ChildServer } from "./child_server.ts";

/** Runs the hooks of a dequeue child. */
export async function workOffQueue(server: ChildServer, handler: Handler, handoff: Handoff): Promise<void> {
  // It takes no clients: it shall not hold the ports of a server that has gone.
  for (const { fd } of handoff.listeners) closeFd(fd);
  const { confinement } = handoff;
  if (confinement) await (await import("./confine_child.ts")).confineChild(confinement);
  await callHook(handler.hooks, "childInit", (hooks) => hooks.childInit?.(server, "dequeue"));
  await callHook(handler.hooks, "runDequeue", (hooks) => hooks.runDequeue?.(server));
}
