/**
 * Makes a running server load its configuration and its program again, and waits for the result.
 *
 * @module
 */

import { ConfigError, PrivilegeError, TineError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import type { RunningServer } from "./running_server.ts";
import type { PublishedStatus } from "./status_file.ts";

/** How much longer than `stop_timeout`, which clients get to be finished in, a reload may take. */
const MARGIN_MS = 60_000;

/**
 * Sends HUP and waits for what comes of it.
 *
 * @param stopTimeout The server's `stop_timeout`, in seconds.
 * @returns What the server tells of itself with its new configuration.
 * @throws {ConfigError} if it goes on with its present one
 * @throws {TineError} if it has ended, gives no result in time, or is another user's
 */
export async function reloadServer(server: RunningServer, stopTimeout: number): Promise<PublishedStatus> {
  const before = server.status;
  server.signal("HUP");
  if (before === undefined) {
    throw new PrivilegeError(
      `Cannot see the result of the reload of the server with process id ${server.pid}: the system does not show it ` +
        "to this user; see its log, or become root",
    );
  }
  let after = before;
  const timeoutMs = stopTimeout * 1000 + MARGIN_MS;
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
    throw new ConfigError(`${after.reloadError}; the server goes on with its present configuration`);
  }
  return after;
}
