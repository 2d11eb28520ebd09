/**
 * The flags of commands, which are no options of a server: `tine check --json`.
 *
 * @module
 */

import type { OwnOptions } from "../config/options.ts";

/** Arguments without the flags of the command, and which of these were given. */
export interface Flags<Name extends string> {
  readonly given: ReadonlySet<Name>;
  readonly rest: readonly string[];
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
