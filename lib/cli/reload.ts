/**
 * `tine reload`: makes a server load its configuration and its program again, and reports the result.
 *
 * @module
 */

import process from "node:process";
import { PrivilegeError, TineError } from "../errors.ts";
import { EX_CONFIG, EX_UNAVAILABLE } from "../exit_codes.ts";
import { findTarget, FOUND_BY } from "./target.ts";

/** How `tine reload` is called, and what it does. */
export const USAGE = `Usage: tine reload [HANDLER] [options]

Makes a server load its configuration and code again (SIGHUP), and waits for the result. With an error in them the
server goes on as before, and the exit status is 78.

${FOUND_BY}
`;

/** How much longer than `stop_timeout`, which clients get to be finished in, a reload may take. */
const MARGIN_MS = 60_000;

/** Sends HUP and waits for what comes of it. */
export async function reload(args: readonly string[]): Promise<void> {
  const { server, config } = await findTarget("reload", args, 1);
  const before = server.status;
  server.signal("HUP");
  if (before === undefined) {
    throw new PrivilegeError(
      `Cannot see the result of the reload of the server with process id ${server.pid}: the system does not show it ` +
        "to this user; see its log, or become root",
    );
  }
  let after = before;
  const timeoutMs = config.stopTimeout * 1000 + MARGIN_MS;
  const done = await server.until(() => {
    after = server.status ?? after;
    return after.reloads + after.reloadsRefused > before.reloads + before.reloadsRefused;
  }, timeoutMs);
  if (!done) {
    throw new TineError(
      server.ended
        ? `Cannot reload the server: it has ended; see its log`
        : `Cannot reload the server with process id ${server.pid}: no result within ` +
          `${timeoutMs / 1000} s; see its log`,
      { exitCode: EX_UNAVAILABLE },
    );
  }
  if (after.reloadsRefused > before.reloadsRefused && after.reloadError !== undefined) {
    throw new TineError(`${after.reloadError}; the server goes on with its present configuration`, {
      exitCode: EX_CONFIG,
    });
  }
  process.stdout.write(
    `The server with process id ${server.pid} has its new configuration, ${after.version} on ${after.runtime}, ` +
      `listening on ${after.listeners.join(", ")}\n`,
  );
}
