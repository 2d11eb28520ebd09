/**
 * `tine scale +N|-N`: more children or fewer, until the server is restarted.
 *
 * @module
 */

import process from "node:process";
import { PrivilegeError, TineError, UsageError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import type { RunningServer } from "../daemon/running_server.ts";
import type { PublishedStatus } from "../daemon/status_file.ts";
import { findTarget, FOUND_BY } from "./target.ts";

/** How `tine scale` is called, and what it does. */
export const USAGE = `Usage: tine scale +N|-N [HANDLER] [options]

Adds or removes children (SIGTTIN, SIGTTOU), until the next reload.

${FOUND_BY}
`;

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

/** Changes the number of children, one by one, as signals can. */
export async function scale(args: readonly string[]): Promise<void> {
  const [change = "", ...rest] = args;
  const [, sign, number] = /^([+-])(\d{1,4})$/.exec(change) ?? [];
  if (number === undefined) {
    throw new UsageError(
      /^\d+$/.test(change)
        ? `Cannot scale to "${change}": a change has a sign; write tine scale +${change} or tine scale -${change}`
        : "Missing the change: write tine scale +1 or tine scale -1, and options behind it",
    );
  }
  const { server } = await findTarget("scale", rest, 2);
  let now = server.status;
  if (now === undefined) {
    throw new PrivilegeError(
      `Cannot see how many children the server with process id ${server.pid} has: the system does not show it to ` +
        "this user; become root",
    );
  }
  for (let left = Number(number); left > 0; left--) now = await scaleByOne(server, sign as "+" | "-", now);
  if (now.scaleError !== undefined) {
    throw new TineError(
      `${now.scaleError}; the server with process id ${server.pid} serves by ${now.how}`,
      { exitCode: EX_UNAVAILABLE },
    );
  }
  process.stdout.write(`The server with process id ${server.pid} serves by ${now.how}\n`);
}
