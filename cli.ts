/**
 * Tine's command line. A child that a server starts is this program too: it goes straight to its work.
 *
 * @module
 */

import { childTicket } from "./lib/server/role.ts";

async function start(): Promise<void> {
  const ticket = childTicket();
  if (ticket === undefined) return await (await import("./lib/cli/main.ts")).main();
  const { asHandler, readHandoff, runChild } = await import("./lib/child/child.ts");
  const handoff = readHandoff(ticket);
  const handler = handoff.handlerUrl === undefined
    ? {}
    : asHandler((await import(handoff.handlerUrl)).default);
  await runChild(ticket, handoff, handler);
}

// Not awaited: on Bun a module that is still being evaluated keeps the event loop from ever running empty.
if (import.meta.main) start();
