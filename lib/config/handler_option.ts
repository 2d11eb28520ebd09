/**
 * The option `handler`, which has to be known before all others: the module that it names may declare options of its own.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { parseCommandLine } from "./command_line.ts";
import { type NamedModule, readConfigFile, type ReadFile } from "./config.ts";
import type { RawSource } from "./raw.ts";

/** Any name may be an option of the handler's own. */
const ANY_NAME: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

/** Whether a handler is named by a URL. */
export function isUrl(path: string): boolean {
  return /^(?:https?|file|data):/.test(path);
}

function valueIn({ values }: RawSource, key: string): NamedModule | undefined {
  const raw = values.find((value) => value.key === key);
  return typeof raw?.value === "string" && !raw.isImplied ? { path: raw.value, place: raw.place } : undefined;
}

/** What was found out before all options are read. */
export interface FoundHandler {
  /** The handler that the options name. */
  readonly named?: NamedModule | undefined;
  /** The configuration file, as it was read: one that is a pipe can be read once. */
  readonly file?: ReadFile | undefined;
}

async function find(argv: readonly string[], firstArgument: number): Promise<FoundHandler> {
  const commandLine = parseCommandLine(argv, ANY_NAME, { firstArgument });
  const given = valueIn(commandLine, "handler");
  const path = valueIn(commandLine, "conf_file");
  if (given !== undefined || path === undefined) return { named: given };
  return await findIn(path);
}

async function findIn(path: NamedModule): Promise<FoundHandler> {
  const file = { path: path.path, source: await readConfigFile(path.path, path.place) };
  const inFile = valueIn(file.source, "handler");
  if (inFile === undefined || isUrl(inFile.path)) return { named: inFile, file };
  return { named: { ...inFile, path: resolve(dirname(path.path), inFile.path) }, file };
}

/**
 * The handler that a configuration file names. None if it cannot be read, which the reading of all options reports.
 *
 * @param path The file, named by code.
 */
export async function findHandlerInFile(path: string): Promise<NamedModule | undefined> {
  try {
    return (await findIn({ path, place: { source: "code" } })).named;
  } catch {
    return undefined;
  }
}

/**
 * The handler that the options name: on the command line, else in the configuration file. None if they cannot be read,
 * which the reading of all options reports.
 *
 * @param argv The command line without the positional arguments.
 */
export async function findHandlerOption(
  argv: readonly string[],
  firstArgument: number,
): Promise<FoundHandler> {
  try {
    return await find(argv, firstArgument);
  } catch {
    return {};
  }
}
