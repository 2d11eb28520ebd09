/**
 * A first argument that is no command, told from one that begins a server's command line.
 *
 * @module
 */

import { nearestPersonality, splitPositionals } from "../config/command_line.ts";
import { nearest } from "../config/nearest.ts";
import { findOption, optionNames } from "../config/options.ts";
import { UsageError } from "../errors.ts";

/**
 * Refuses a command that there is not.
 *
 * @param commands The commands that there are.
 * @throws {UsageError} if the first argument can only be meant as a command or a personality
 */
export function refuseUnknownCommand(args: readonly string[], commands: readonly string[]): void {
  const [word = ""] = args;
  const { personality, handler } = splitPositionals(args);
  const isWord = /^[a-z]+$/i.test(word) && personality === undefined && handler === undefined;
  if (!isWord || findOption(word) !== undefined) return;
  const near = nearest(word, commands) ?? nearestPersonality(word);
  // The key of an option may stand without its dashes.
  if (near === undefined && nearest(word, optionNames()) !== undefined) return;
  const where = "command line:1";
  throw new UsageError(
    `${where}: Cannot run "${word}": there is no such command; ` +
      (near === undefined
        ? "see tine --help, or name a handler by a path with a / or an ending such as .ts"
        : `the nearest is "${near}"`),
  );
}
