/**
 * A child of a server that the command line started. On Deno it is a main module too: Deno looks through whatever its
 * main module imports, used or not, which for `cli.ts` is all that a parent can do.
 *
 * @module
 */

import { readHandoff, runChild } from "../child/child.ts";
import { asHandler } from "../client/serve.ts";
import type { ChildTicket } from "../handoff.ts";
import { childTicket } from "../server/role.ts";

/** Does the work of the child that `ticket` says. */
export async function main(ticket: ChildTicket): Promise<void> {
  const handoff = readHandoff(ticket);
  const handler = handoff.handlerUrl === undefined
    ? {}
    : asHandler((await import(handoff.handlerUrl)).default);
  await runChild(ticket, handoff, handler);
}

if (import.meta.main) {
  const ticket = childTicket();
  if (ticket === undefined) throw new Error("Cannot run a child without its parent: run cli.ts");
  // Not awaited, as in cli.ts: the module is whole, whatever the child still waits for.
  main(ticket);
}
