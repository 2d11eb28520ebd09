/**
 * What a command line asks in place of a server to run.
 *
 * @module
 */

import type { OwnOptions } from "./options.ts";

/** `--help` or `--version`. */
export type Question = "help" | "version";

/**
 * The question among the options of a command line; undefined if there is none.
 *
 * @param args The arguments without the positional ones. What follows a `--` is another program's.
 * @param own The program's own options: one of that name is no question.
 */
export function questionIn(args: readonly string[], own: OwnOptions = {}): Question | undefined {
  const end = args.indexOf("--");
  for (const argument of end < 0 ? args : args.slice(0, end)) {
    if (argument === "--help" && !Object.hasOwn(own, "help")) return "help";
    if (argument === "--version" && !Object.hasOwn(own, "version")) return "version";
  }
  // Farther behind, these may be a value.
  return args[0] === "-h" ? "help" : args[0] === "-V" ? "version" : undefined;
}
