/**
 * The way in for programs: one call that is the parent's and the children's alike.
 *
 * @module
 */

import process from "node:process";
import { asHandler } from "../client/serve.ts";
import type { PartialConfig } from "../config/options.ts";
import type { Handler, ProcessRequest } from "../context.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { childTicket } from "./role.ts";

/** How {@linkcode run} is to be called. */
export interface RunOptions {
  /** The command line to read options from. Default: this program's arguments. An empty list: none. */
  argv?: readonly string[];
}

/**
 * Runs a server: in the process that a person started, as the parent; in the processes that it starts, as a child.
 *
 * A child is this same program, run again: what stands before the call runs in every child too. Under Bun, leave
 * the call without `await` at the top level of a module: a child that idles then needs no helper thread.
 *
 * @param handler The work and its hooks, or the function alone. Without it, Net::Server's echo.
 * @param config Options, as Net::Server's `run` takes them; those of the command line win.
 * @returns Never: the process ends with the server. Mistakes are printed, and the process ends with their status.
 *
 * @example An upper-casing server
 * ```ts ignore
 * import { run } from "tine";
 *
 * run(async (connection) => {
 *   for await (const line of connection.lines()) await connection.print(line.toUpperCase() + "\r\n");
 * }, { port: 20203, maxServers: 8 });
 * ```
 */
export async function run(
  handler: Handler | ProcessRequest = {},
  config: PartialConfig = {},
  options: RunOptions = {},
): Promise<never> {
  const whole = asHandler(handler);
  const ticket = childTicket();
  if (ticket !== undefined) {
    const { readHandoff, runChild } = await import("../child/child.ts");
    return await runChild(ticket, readHandoff(ticket), whole);
  }
  // First of all: a signal to stop, or a HUP, that comes from here on is not lost, and ends nothing by surprise.
  signalListeners.keep();
  try {
    const { runServer } = await import("./server.ts");
    const argv = options.argv ?? process.argv.slice(2);
    await (await import("./answer.ts")).answerFor(argv, whole?.options);
    return await runServer({ handler: whole, argv, code: config });
  } catch (error) {
    const { reportAndExit } = await import("./report.ts");
    return reportAndExit(error);
  }
}
