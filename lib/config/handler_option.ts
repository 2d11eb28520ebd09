/**
 * The option `handler`, which has to be known before all others: the module that it names may declare options of its own.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { parseCommandLine } from "./command_line.ts";
import { type NamedModule, readConfigFile } from "./config.ts";
import type { RawSource } from "./raw.ts";

/** Any name may be an option of the handler's own. */
const ANY_NAME: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

/** Whether a handler is named by a URL. */
export function isUrl(path: string): boolean {
  return /^(?:https?|file|data):/.test(path);
}

function valueIn({ values }: RawSource, key: string): NamedModule | undefined {
  const raw = values.find((value) => value.key === key);
  return typeof raw?.value === "string" ? { path: raw.value, place: raw.place } : undefined;
}

async function find(argv: readonly string[], firstArgument: number): Promise<NamedModule | undefined> {
  const commandLine = parseCommandLine(argv, ANY_NAME, firstArgument);
  const given = valueIn(commandLine, "handler");
  const file = valueIn(commandLine, "conf_file");
  if (given !== undefined || file === undefined) return given;
  const inFile = valueIn(await readConfigFile(file.path, file.place), "handler");
  if (inFile === undefined || isUrl(inFile.path)) return inFile;
  return { ...inFile, path: resolve(dirname(file.path), inFile.path) };
}

/**
 * The handler that the options name: on the command line, else in the configuration file. Undefined if they name none,
 * or cannot be read, which the reading of all options reports.
 *
 * @param argv The command line without the positional arguments.
 */
export async function findHandlerOption(
  argv: readonly string[],
  firstArgument: number,
): Promise<NamedModule | undefined> {
  try {
    return await find(argv, firstArgument);
  } catch {
    return undefined;
  }
}
