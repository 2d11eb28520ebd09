/**
 * Which server a command is for: `tine stop [HANDLER] [options]`, where the options name its pid file or the
 * configuration that does. A handler is given where that has options of the handler's.
 *
 * @module
 */

import { splitPositionals } from "../config/command_line.ts";
import { loadConfig, nameHandler } from "../config/config.ts";
import type { Config } from "../config/options.ts";
import { RunningServer } from "../daemon/running_server.ts";
import { UsageError } from "../errors.ts";
import { loadHandler } from "../handler/load.ts";

/** The server, and the options by which it was found. */
export interface Target {
  readonly server: RunningServer;
  readonly config: Config;
}

/**
 * Finds the server by its pid file, which the options name.
 *
 * @param verb The command, for messages.
 * @param skipped How many arguments stand before `args`.
 * @throws {TineError} if no pid file is named, no server has it, or the options have an error
 */
export async function findTarget(verb: string, args: readonly string[], skipped: number): Promise<Target> {
  const { personality, handler: path, rest, firstArgument } = splitPositionals(args);
  const handler = path === undefined ? {} : (await loadHandler(path)).handler;
  const { config } = await loadConfig({
    argv: rest,
    firstArgument: firstArgument + skipped,
    personality,
    own: handler.options,
    defaults: handler.defaults,
    ifUnknown: path === undefined ? nameHandler(`tine ${verb} HANDLER [options]`) : undefined,
  });
  if (config.pidFile === undefined) {
    throw new UsageError(
      `Missing pid_file: the server is found by it; write tine ${verb} --pid_file FILE, or --conf_file FILE with ` +
        "one that names it",
    );
  }
  return { server: RunningServer.find(config.pidFile), config };
}
