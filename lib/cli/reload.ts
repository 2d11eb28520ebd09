/**
 * `tine reload`: makes a server load its configuration and its program again, and reports the result.
 *
 * @module
 */

import { reloadServer } from "../daemon/reload_server.ts";
import { type Caller, TINE } from "./caller.ts";
import { findTarget, FOUND_BY } from "./target.ts";
import { report } from "../process/print.ts";

/** How `tine reload` is called, and what it does. */
export const USAGE = `Usage: tine reload [HANDLER] [options]

Makes a server load its configuration and code again (SIGHUP), and waits for the result. With an error in them the
server goes on as before, and the exit status is 78.

${FOUND_BY}
`;

/** Sends HUP and waits for what comes of it. */
export async function reload(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const { server, config } = await findTarget("reload", args, 1, caller);
  const { version, runtime, listeners } = await reloadServer(server, config.stopTimeout);
  report(
    `The server with process id ${server.pid} has its new configuration, ${version} on ${runtime}, ` +
      `listening on ${listeners.join(", ")}\n`,
  );
}
