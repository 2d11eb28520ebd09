/**
 * Tine's command line. A child that a server starts is this program too: it goes straight to its work.
 *
 * @module
 */

async function start(): Promise<void> {
  // Imported here, since it waits for the runtime to be chosen: a main module that waits for its imports never starts
  // in a program compiled by Bun 1.4.
  const { childTicket } = await import("./lib/server/role.ts");
  const ticket = childTicket();
  if (ticket === undefined) return await (await import("./lib/cli/main.ts")).main();
  await (await import("./lib/cli/child.ts")).main(ticket);
}

// Not awaited: on Bun a module that is still being evaluated keeps the event loop from ever running empty.
if (import.meta.main) start();
