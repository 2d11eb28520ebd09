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
 * One child more or fewer. It waits until the server has heard of it: two signals of the same kind that wait for a process
 * are one.
 *
 * @param before What it tells before that.
 * @returns What the server tells then; its `scaleError` says why the number stays as it is.
 * @throws {TineError} if it does not hear, or this user may not signal it
 */
export async function scaleByOne(
  server: RunningServer,
  sign: "+" | "-",
  before: PublishedStatus,
): Promise<PublishedStatus> {
  let now = before;
  server.signal(sign === "+" ? "TTIN" : "TTOU");
  const isHeard = await server.until(() => {
    now = server.status ?? now;
    return now.scaled !== before.scaled;
  }, TIMEOUT_MS);
  if (isHeard) return now;
  throw new TineError(
    `Cannot scale the server with process id ${server.pid}: it does not react to the signal`,
    { exitCode: EX_UNAVAILABLE },
  );
}

/**
 * Changes the number of children, one by one, as signals can, until that is refused.
 *
 * @param change How many more; below 0, how many fewer.
 * @returns What the server tells of itself then.
 * @throws {TineError} if it does not react, refuses, has ended or is another user's
 */
export async function scaleServer(server: RunningServer, change: number): Promise<PublishedStatus> {
  let now = server.status;
  const wanted = Math.abs(change);
  if (now === undefined) {
    throw new PrivilegeError(
      `Cannot see how many children the server with process id ${server.pid} has: the system does not show it to ` +
        "this user; become root",
    );
  }
  for (let done = 0; done < wanted; done++) {
    now = await scaleByOne(server, change > 0 ? "+" : "-", now);
    if (now.scaleError === undefined) continue;
    const part = done === 0 ? "" : `, after ${done} of ${wanted}`;
    throw new TineError(
      `${now.scaleError}${part}; the server with process id ${server.pid} serves by ${now.how}`,
      { exitCode: EX_UNAVAILABLE },
    );
  }
  return now;
}
