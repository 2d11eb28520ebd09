/**
 * A child whose handler is a module that the parent has named.
 *
 * @module
 */

import { asHandler } from "../handler/as_handler.ts";
import type { ChildTicket } from "../handoff.ts";
import { readHandoff, runChild } from "./start_child.ts";

/** Does the work of the child that `ticket` says. */
export async function runNamed(ticket: ChildTicket): Promise<void> {
  const handoff = readHandoff(ticket);
  const handler = handoff.handlerUrl === undefined
    ? {}
    : asHandler((await import(handoff.handlerUrl)).default);
  await runChild(ticket, handoff, handler);
}
