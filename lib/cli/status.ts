/**
 * `tine status`: what a server and its children are doing.
 *
 * @module
 */

import { NotRunningError, RunningServer } from "../daemon/running_server.ts";
import { readServerStatus, type ServerStatus } from "../daemon/server_status.ts";
import { TineError, UsageError } from "../errors.ts";
import { EX_NOT_RUNNING, EX_TEMPFAIL, EX_UNAVAILABLE, EX_UNKNOWN } from "../exit_codes.ts";
import { pollAway } from "../os/wait.ts";
import { describeFailure } from "../process/failure.ts";
import { takeFlags, takeValue } from "./flags.ts";
import { statusText } from "./status_text.ts";
import { type Caller, TINE } from "./caller.ts";
import { FOUND_BY, namePidFile } from "./target.ts";
import { print } from "../process/print.ts";

/** How `tine status` is called, and what it does. */
export const USAGE = `Usage: tine status [HANDLER] [options] [--json] [--wait-ready SECONDS]

Shows what a server and its children do. Exit status 0: it runs; 3: it does not; 4: that cannot be told.

  --json                one JSON object; docs/STATUS.md has its keys
  --wait-ready SECONDS  first waits until clients are served; 75: it runs, but serves none in that time

${FOUND_BY}
`;

/** How often is looked for a server that is not there yet. */
const LOOK_MS = 50;

/** The error that init scripts understand, of one that says why no server was found. */
function asLsb(error: unknown): unknown {
  if (error instanceof NotRunningError) return new TineError(error.message, { exitCode: EX_NOT_RUNNING });
  if (error instanceof TineError && error.exitCode === EX_UNAVAILABLE) {
    return new TineError(error.message, { exitCode: EX_UNKNOWN });
  }
  return error;
}

/** The server. @throws {TineError} with the status that init scripts have, if it does not run */
function findServer(pidFile: string): RunningServer {
  try {
    return RunningServer.find(pidFile);
  } catch (error) {
    throw asLsb(error);
  }
}

/** The server once it is there, at the latest at `end` by `performance.now`. @throws {TineError} if it is not */
async function awaitServer(pidFile: string, end: number): Promise<RunningServer> {
  for (;;) {
    try {
      return findServer(pidFile);
    } catch (error) {
      if (!(error instanceof TineError) || performance.now() > end) throw error;
    }
    await pollAway([], LOOK_MS);
  }
}

/** Waits until clients are served. @throws {TineError} if they are not within `seconds` */
async function awaitService(pidFile: string, seconds: number): Promise<RunningServer> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const server = await awaitServer(pidFile, end);
    if (server.statusFile === undefined) {
      throw new TineError(
        `Cannot see whether the server with process id ${server.pid} serves: the system does not show it to this ` +
          "user; become root",
        { exitCode: EX_UNKNOWN },
      );
    }
    const serves = () => readServerStatus(server, { memory: "rss" }).ready === true;
    if (await server.until(serves, Math.max(0, end - performance.now())) && !server.ended) return server;
    if (performance.now() <= end) continue; // it has ended, and another may come
    if (server.ended) return findServer(pidFile);
    throw new TineError(
      `Cannot see the server with process id ${server.pid} serve within ${seconds} s: no child is ready; see its log`,
      { exitCode: EX_TEMPFAIL },
    );
  }
}

/** The seconds of `--wait-ready`. @throws {UsageError} if they are none */
function secondsIn(text: string): number {
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`Cannot wait for "${text}" seconds: expected a number; write --wait-ready 10`);
}

async function find(
  args: readonly string[],
  waitReady: string | undefined,
  caller: Caller,
): Promise<RunningServer> {
  const seconds = waitReady === undefined ? undefined : secondsIn(waitReady);
  const { pidFile } = await namePidFile("status", args, 1, caller);
  return seconds === undefined ? findServer(pidFile) : await awaitService(pidFile, seconds);
}

/** What `--json` says of a server that has no status. */
function asJson(error: unknown): string {
  const { text, exitCode } = describeFailure(error);
  const running = exitCode === EX_NOT_RUNNING ? false : exitCode === EX_TEMPFAIL ? true : null;
  return JSON.stringify({ running, error: text });
}

/** Prints what the server tells, and its children. */
export async function status(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const { given, rest: others } = takeFlags(args, ["json"]);
  const { value: waitReady, rest } = takeValue(others, "wait-ready");
  let seen: ServerStatus;
  try {
    seen = readServerStatus(await find(rest, waitReady, caller));
  } catch (error) {
    if (given.has("json")) print(`${asJson(error)}\n`);
    throw error;
  }
  print(given.has("json") ? `${JSON.stringify(seen, null, 2)}\n` : statusText(seen));
}
