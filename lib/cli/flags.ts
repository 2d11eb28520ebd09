/**
 * The flags of commands, which are no options of a server: `tine check --json`.
 *
 * @module
 */

import type { OwnOptions } from "../config/options.ts";

/** What a shell says of a flag. */
export const FLAG_HELP: Readonly<Record<string, string>> = {
  all: "Also the options that have their default",
  json: "One JSON object",
  once: "Plain text, one time",
  "wait-ready": "Seconds to wait until clients are served",
};

/** What commands take beside options of a server, without `--`. */
export const COMMAND_FLAGS = {
  check: ["all", "json"],
  status: ["json", "wait-ready"],
  top: ["once"],
} as const;

/** Arguments without the flags of the command, and which of these were given. */
export interface Flags<Name extends string> {
  readonly given: ReadonlySet<Name>;
  readonly rest: readonly string[];
}

/**
 * Takes a command's option with a value out of its arguments: `--name VALUE` or `--name=VALUE`, the last of which counts.
 *
 * @param name Its name, without `--`.
 * @returns Its value; undefined where it is not given. An empty one if nothing stands behind it.
 */
export function takeValue(
  args: readonly string[],
  name: string,
): { readonly value: string | undefined; readonly rest: readonly string[] } {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const rest: string[] = [];
  let value: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    if (i < end && argument === `--${name}`) value = i + 1 < end ? args[++i] : "";
    else if (i < end && argument.startsWith(`--${name}=`)) value = argument.slice(name.length + 3);
    else rest.push(argument);
  }
  return { value, rest };
}

/**
 * Takes a command's flags out of its arguments.
 *
 * @param names The flags, without `--`.
 * @param own The options of a handler: one of that name is no flag.
 */
export function takeFlags<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
  own: OwnOptions = {},
): Flags<Name> {
  const given = new Set<Name>();
  const rest: string[] = [];
  for (const [at, argument] of args.entries()) {
    const name = names.find((name) => argument === `--${name}` && !Object.hasOwn(own, name));
    // What follows a `--` is another program's.
    if (name === undefined || args.slice(0, at).includes("--")) rest.push(argument);
    else given.add(name);
  }
  return { given, rest };
}
