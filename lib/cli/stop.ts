/**
 * `tine stop` and `tine quit`: end a server, and wait for its end.
 *
 * @module
 */

import { NotRunningError } from "../daemon/running_server.ts";
import { TineError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import { type Caller, TINE } from "./caller.ts";
import { findTarget, FOUND_BY, type Target } from "./target.ts";
import { report } from "../process/print.ts";

/** How `tine stop` and `tine quit` are called, and what they do. */
export const USAGE = `Usage: tine stop|quit [HANDLER] [options]

Stops a server, and waits for its end. stop (SIGTERM): children end at once, and are killed after stop_timeout. quit
(SIGQUIT): connections are finished first, without a time limit. A server that does not run is no error.

${FOUND_BY}
`;

/** How much longer than `stop_timeout` a server may take to end. */
const MARGIN_MS = 10_000;

/** The server; undefined if it does not run, which is what was asked for. */
async function findServer(
  verb: string,
  args: readonly string[],
  caller: Caller,
): Promise<Target | undefined> {
  try {
    return await findTarget(verb, args, 1, caller);
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    report(`There is nothing to ${verb}: ${error.why}\n`);
    return undefined;
  }
}

async function end(verb: "stop" | "quit", args: readonly string[], caller: Caller): Promise<void> {
  const target = await findServer(verb, args, caller);
  if (target === undefined) return;
  const { server, config } = target;
  server.signal(verb === "stop" ? "TERM" : "QUIT");
  // A client may take as long as it likes; who waits for it can break off, and stop the server.
  const timeoutMs = verb === "quit" ? Infinity : config.stopTimeout * 1000 + MARGIN_MS;
  if (!await server.until(() => server.ended, timeoutMs)) {
    throw new TineError(
      `Cannot stop the server with process id ${server.pid}: it has not ended within ${
        timeoutMs / 1000
      } s; ` +
        "see its log",
      { exitCode: EX_UNAVAILABLE },
    );
  }
  server.clear();
  report(`The server with process id ${server.pid} has ended\n`);
}

/** Ends a server at once. */
export function stop(args: readonly string[], caller: Caller = TINE): Promise<void> {
  return end("stop", args, caller);
}

/** Ends a server when its children have finished their clients. */
export function quit(args: readonly string[], caller: Caller = TINE): Promise<void> {
  return end("quit", args, caller);
}
