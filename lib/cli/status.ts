/**
 * `tine status`: what a server and its children are doing.
 *
 * @module
 */

import process from "node:process";
import { counted } from "../counted.ts";
import { type ChildStatus, NotRunningError, type RunningServer } from "../daemon/running_server.ts";
import { TineError } from "../errors.ts";
import { EX_NOT_RUNNING } from "../exit_codes.ts";
import { type Caller, TINE } from "./caller.ts";
import { findTarget, FOUND_BY } from "./target.ts";

/** How `tine status` is called, and what it does. */
export const USAGE = `Usage: tine status [HANDLER] [options]

Shows what a server and its children do. Exit status 3: it does not run.

${FOUND_BY}
`;

/** `3 s`, `5 min`, `2 h`, `4 d` */
function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function row(child: ChildStatus, now: number): string[] {
  const { pid, state, requests, startedMs, changedMs } = child;
  return [
    String(pid),
    state,
    requests === undefined ? "-" : String(requests),
    startedMs === undefined ? "-" : span(now - startedMs),
    changedMs === undefined ? "-" : span(now - changedMs),
  ];
}

/** The children as a table. */
function childrenTable(children: readonly ChildStatus[], now: number): string {
  const rows = [["PID", "STATE", "REQUESTS", "UP", "SINCE"], ...children.map((child) => row(child, now))];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...rows.map((cells) => (cells[i] as string).length)));
  return rows.map((cells) =>
    cells.map((cell, i) => cell.padEnd(widths[i] as number)).join("  ").trimEnd() + "\n"
  )
    .join("");
}

/** The server. @throws {TineError} with the status that init scripts have, if it does not run */
async function findServer(args: readonly string[], caller: Caller): Promise<RunningServer> {
  try {
    return (await findTarget("status", args, 1, caller)).server;
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    throw new TineError(error.message, { exitCode: EX_NOT_RUNNING });
  }
}

/** Prints what the server tells, and its children. */
export async function status(args: readonly string[], caller: Caller = TINE): Promise<void> {
  const server = await findServer(args, caller);
  const now = Date.now();
  const children = server.children();
  const { status } = server;
  if (status === undefined) {
    process.stdout.write(
      `Running, process id ${server.pid}; only root or the user of the server can see more\n`,
    );
  } else {
    const { personality, version, runtime, startedMs, configuredMs, reloads, reloadsRefused, reloadError } =
      status;
    process.stdout.write(
      `${personality} (tine ${version}, ${runtime}), process id ${server.pid}, up ${
        span(now - startedMs)
      }, ` +
        `configured ${span(now - configuredMs)} ago, ${counted(reloads, "reload")}` +
        `${reloadsRefused === 0 ? "" : `, ${reloadsRefused} refused`}\n` +
        `Listening on ${status.listeners.join(", ")}, ${status.how}\n` +
        (reloadError === undefined ? "" : `The last reload was refused: ${reloadError}\n`),
    );
  }
  if (children.length > 0) process.stdout.write(childrenTable(children, now));
}
