/**
 * Which server a command is for: `tine stop [HANDLER] [options]`, where the options name its pid file or the
 * configuration that does. A handler is given where that has options of the handler's.
 *
 * @module
 */

import { loadConfig } from "../config/config.ts";
import type { Config } from "../config/options.ts";
import { RunningServer } from "../daemon/running_server.ts";
import { UsageError } from "../errors.ts";
import { type Caller, TINE } from "./caller.ts";
import { COMMAND_FLAGS } from "./flags.ts";

/** How a command says for which server it is. */
export const FOUND_BY =
  `The server is found by its pid_file: give --pid_file FILE, or -c FILE for a configuration that names it.
Name the HANDLER too where that file has options of the handler's own.`;

/** The server, and the options by which it was found. */
export interface Target {
  readonly server: RunningServer;
  readonly config: Config;
}

/** The pid file that options name, and the options. */
export interface NamedPidFile {
  readonly pidFile: string;
  readonly config: Config;
}

/**
 * Finds the server by its pid file, which the options name.
 *
 * @param verb The command, for messages.
 * @param skipped How many arguments stand before `args`.
 * @param caller The program whose command it is.
 * @throws {TineError} if no pid file is named, no server has it, or the options have an error
 */
export async function findTarget(
  verb: string,
  args: readonly string[],
  skipped: number,
  caller: Caller = TINE,
): Promise<Target> {
  const { pidFile, config } = await namePidFile(verb, args, skipped, caller);
  return { server: RunningServer.find(pidFile), config };
}

/** The pid file alone, whether a server has it or not. The same parameters as {@linkcode findTarget}. */
export async function namePidFile(
  verb: string,
  args: readonly string[],
  skipped: number,
  caller: Caller = TINE,
): Promise<NamedPidFile> {
  const read = async (leavesHandler: boolean) => {
    const flags = Object.hasOwn(COMMAND_FLAGS, verb) ? COMMAND_FLAGS[verb as keyof typeof COMMAND_FLAGS] : [];
    const usage = `tine ${verb} HANDLER [options]`;
    return await loadConfig(
      (await caller.load(args, { before: skipped, usage, leavesHandler, flags })).sources,
    );
  };
  const loaded = await read(true);
  // The handler's own defaults may name it.
  const { config } = loaded.config.pidFile === undefined ? await read(false) : loaded;
  if (config.pidFile === undefined) {
    throw new UsageError(
      `Missing pid_file: the server is found by it; write ${caller.name} ${verb} --pid_file FILE, or --conf_file FILE with ` +
        "one that names it",
    );
  }
  return { pidFile: config.pidFile, config };
}
