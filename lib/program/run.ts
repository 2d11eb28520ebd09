/**
 * The entry point for programs: the same call runs the parent and the children.
 *
 * @module
 */

import process from "node:process";
import type { Address } from "../address.ts";
import type { OwnOptions, PartialConfig } from "../config/options.ts";
import type { Handler, ProcessRequest } from "../context.ts";
import { UsageError } from "../errors.ts";
import { asHandler } from "../handler/as_handler.ts";
import { runtime } from "../runtime/choose.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { childTicket } from "../server/role.ts";

/** How {@linkcode run} is to be called. */
export interface RunOptions {
  /** The command line to read options from. Default: this program's arguments. An empty list: none. */
  readonly argv?: readonly string[];
  /** Called in the parent for each address, once it is bound; again after a reload. `Deno.serve` has one of that name. */
  readonly onListen?: (address: Address) => void;
  /** Stops the server when it is aborted in the parent, as TERM does. */
  readonly signal?: AbortSignal;
}

/** Whether this process has its server: there is one parent, or one child, in a process. */
class OnlyServer {
  #isTaken = false;

  /** @throws {UsageError} if it was taken before */
  take(): void {
    if (this.#isTaken) {
      throw new UsageError(
        "Cannot run a second server in this process: run was called already; give one server several ports, or start a " +
          "program for each",
      );
    }
    this.#isTaken = true;
  }
}

// deno-lint-ignore tine/no-module-let -- a process has one server, whoever calls
const onlyServer = new OnlyServer();

/** Has the parent told to stop, by itself, when `signal` is aborted. */
function stopBy(signal: AbortSignal | undefined): void {
  const stop = () => void process.kill(process.pid, "SIGTERM");
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
}

/**
 * Runs a server. The first process becomes the parent. It starts this program again for each child, so code above the
 * call runs in every child too.
 *
 * On Bun, do not `await` the call at the top level of a module: an idle child then needs one thread less.
 *
 * @param handler The work and its hooks, or the function alone. Without it, Net::Server's echo.
 * @param config Options, as Net::Server's `run` takes them. Options of the command line override them.
 * @returns Never: the process exits when the server stops. Errors are printed, and the process exits with their status.
 * @throws {UsageError} if this process runs a server already
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
export async function run<const Own extends OwnOptions = OwnOptions>(
  handler: Handler<Own> | ProcessRequest<Own> = {},
  config: PartialConfig = {},
  options: RunOptions = {},
): Promise<never> {
  onlyServer.take();
  const whole = asHandler(handler);
  const ticket = childTicket();
  if (ticket !== undefined) {
    const { readHandoff, runChild } = await import("../child/start_child.ts");
    return await runChild(ticket, readHandoff(ticket), whole);
  }
  // First of all: a signal to stop, or a HUP, that comes from here on is not lost, and ends nothing by surprise.
  signalListeners.keep();
  // What a handler serves inside of an executable is this program too.
  if (runtime.standalone) await (await import("./become_server.ts")).becomeServer();
  stopBy(options.signal);
  try {
    const { runServer } = await import("../server/run_server.ts");
    const argv = options.argv ?? process.argv.slice(2);
    await (await import("./own_commands.ts")).answerFor(argv, whole ?? {}, config);
    return await runServer(() =>
      Promise.resolve({ handler: whole, sources: { argv, code: config }, onListen: options.onListen })
    );
  } catch (error) {
    const { reportAndExit } = await import("../server/report.ts");
    return reportAndExit(error);
  }
}
