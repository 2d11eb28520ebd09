/**
 * More children of a running server, or fewer.
 *
 * @module
 */

import { PrivilegeError, TineError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import type { RunningServer } from "./running_server.ts";
import type { PublishedStatus } from "./status_file.ts";

const TIMEOUT_MS = 10_000;

/**
 * Changes the number of children, one by one, as signals can.
 *
 * @param change How many more; below 0, how many fewer.
 * @returns What the server tells of itself then.
 * @throws {TineError} if it does not react, refuses, has ended or is another user's
 */
export async function scaleServer(server: RunningServer, change: number): Promise<PublishedStatus> {
  let now = server.status;
  if (now === undefined) {
    throw new PrivilegeError(
      `Cannot see how many children the server with process id ${server.pid} has: the system does not show it to ` +
        "this user; become root",
    );
  }
  // One signal at a time: two of the same kind that wait for a process are one.
  for (let left = Math.abs(change); left > 0; left--) {
    const { scaled } = now;
    server.signal(change > 0 ? "TTIN" : "TTOU");
    const changed = await server.until(() => {
      now = server.status ?? now;
      return now?.scaled !== scaled;
    }, TIMEOUT_MS);
    if (!changed) {
      throw new TineError(
        `Cannot scale the server with process id ${server.pid}: it does not react to the signal`,
        { exitCode: EX_UNAVAILABLE },
      );
    }
  }
  if (change !== 0 && now.scaleError !== undefined) {
    throw new TineError(
      `${now.scaleError}; the server with process id ${server.pid} serves by ${now.how}`,
      { exitCode: EX_UNAVAILABLE },
    );
  }
  return now;
}
