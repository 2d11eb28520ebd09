#!/usr/bin/env -S deno run -A
/**
 * Tine's command line. A child that a server starts is this program too: it goes straight to its work.
 *
 * This file has no types, so that a link to it may have any name: Deno takes one without an ending for JavaScript.
 *
 * @module
 */

/** Behind the URL of this file, where it is to start although it is not the main module. */
const STARTING = "?start";

/** Does what the command line says. */
async function start() {
  // First of all: a signal to stop, or a HUP, that comes from here on is not lost, and ends nothing by surprise.
  (await import("./lib/runtime/signal_listeners.ts")).signalListeners.keep();
  // Imported here, since it waits for the runtime to be chosen: a main module that waits for its imports never starts
  // in a program compiled by Bun 1.4.
  const { childTicket } = await import("./lib/server/role.ts");
  const ticket = childTicket();
  if (ticket === undefined) return await (await import("./lib/cli/main.ts")).main();
  await (await import("./lib/child/run_named.ts")).runNamed(ticket);
}

/** The file that a link leads to, or undefined where this is no link. */
async function linkedFile() {
  if (!import.meta.main || !import.meta.url.startsWith("file:")) return undefined;
  const { realpathSync } = await import("node:fs");
  const { fileURLToPath, pathToFileURL } = await import("node:url");
  const url = pathToFileURL(realpathSync(fileURLToPath(import.meta.url))).href;
  return url === import.meta.url ? undefined : url;
}

/** Starts this program from where its files lie: on Deno a link is a module of its own, with no others beside it. */
async function startFromLink() {
  try {
    await start();
  } catch (error) {
    const file = await linkedFile();
    if (file === undefined) throw error;
    await import(file + STARTING);
  }
}

// Not awaited: on Bun a module that is still being evaluated keeps the event loop from ever running empty.
if (import.meta.main || import.meta.url.endsWith(STARTING)) startFromLink();
