/**
 * `tine check FILE`: checks a configuration and prints what is in force and where it came from.
 *
 * @module
 */

import process from "node:process";
import { splitPositionals } from "../config/command_line.ts";
import { loadConfig, nameHandler } from "../config/config.ts";
import { printEffective } from "../config/describe.ts";
import { UsageError } from "../errors.ts";
import { loadHandler } from "../handler/load.ts";
import { locateProgram } from "../handler/program_path.ts";
import { checkStart } from "./check_start.ts";

/** Checks the file that is the first argument, with the options that follow it. */
export async function check(args: readonly string[]): Promise<void> {
  const [file, ...others] = args;
  if (file === undefined || file.startsWith("--")) {
    throw new UsageError("Missing the file to check; write tine check FILE [HANDLER] [options]");
  }
  const { personality, handler: path, rest, firstArgument } = splitPositionals(others);
  const given = path === undefined ? undefined : (await loadHandler(path)).handler;
  const handler = given ?? {};
  const loaded = await loadConfig({
    argv: [`--conf_file=${file}`, ...rest],
    firstArgument: (firstArgument ?? 1) + 1,
    personality,
    own: handler.options,
    defaults: handler.defaults,
    ifUnknown: path === undefined ? nameHandler("tine check FILE HANDLER [options]") : undefined,
  });
  const located = loaded.config.exec.length > 0 ? locateProgram(loaded, handler) : loaded;
  await checkStart(located, given);
  process.stdout.write(printEffective(located));
  for (const note of loaded.notes) process.stderr.write(`${note}\n`);
}
