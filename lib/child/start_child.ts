/**
 * The beginning of a child: what it was handed down, and the handler that it runs.
 *
 * @module
 */

import type { Handler } from "../context.ts";
import { type ChildTicket, type Handoff, inheritedDescriptors } from "../handoff.ts";
import { Logger } from "../log/logger.ts";
import { closeOnExec } from "../os/descriptor.ts";
import { readSharedText } from "../os/shared_memory.ts";
import { Child } from "./child.ts";

/** Reads what the parent handed down. */
export function readHandoff(ticket: ChildTicket): Handoff {
  return JSON.parse(readSharedText(ticket.fd)) as Handoff;
}

/** Starts as the child that `ticket` says, and ends the process when its work is done. */
export async function runChild(ticket: ChildTicket, handoff: Handoff, handler: Handler): Promise<never> {
  // Kept from the programs that this child may start.
  for (const fd of inheritedDescriptors(handoff)) closeOnExec(fd);
  const { config } = handoff;
  const logger = new Logger(handoff.log);
  const whole = config.exec.length === 0 || ticket.kind === "dequeue"
    ? handler
    : (await import("../handler/exec.ts")).withProgram(handler, config, logger);
  const child = new Child(ticket, handoff, whole, logger);
  return await child.run();
}
