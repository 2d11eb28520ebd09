/**
 * The command line: `[PERSONALITY] [HANDLER] [options]`, the options in the grammar of Net::Server's `process_args`.
 *
 * @module
 */

import { ConfigError, UsageError } from "../errors.ts";
import { findPersonality, PERSONALITIES, type PersonalityName } from "../personality/personality.ts";
import { editDistance, nearest } from "./nearest.ts";
import { keyOfLetter } from "./options.ts";
import { decodePercent, hasPercent, type RawSource, type RawValue } from "./raw.ts";
import { remedyForName } from "./unknown_name.ts";

/** What stands before the options. */
export interface Positionals {
  /** The personality, in the table's spelling. */
  readonly personality?: PersonalityName;
  /** The path or URL of the handler's module, or of the program to run. */
  readonly handler?: string;
  /** The rest of the arguments. */
  readonly rest: readonly string[];
  /** The number of the first argument of `rest`, from 1. */
  readonly firstArgument: number;
}

/**
 * `--key`, `key`, `--key=value`, `key=value`, or either with a blank for the `=` within one argument; of the forms with
 * `--` also with `-` for the `_` of a key.
 */
const ARGUMENT = /^(?:--)?(\w+)(?:[= ]([^]*))?$/;

/** A file that is no module and that one would run, had its option not been forgotten. */
const CONFIGURATION_FILE = /^[^=-][^=]*\.(?:toml|conf|cfg|cnf|ini)$/i;

/** Whether an argument names a handler: it has a `/`, or ends as a module does, and sets no option. */
function isHandler(argument: string): boolean {
  if (argument.startsWith("-") || /^\w+=/.test(argument) || CONFIGURATION_FILE.test(argument)) return false;
  return argument.includes("/") || /\.m?[jt]s$/.test(argument);
}

/** Takes the personality and the handler off the front of the arguments. Both may be missing. */
export function splitPositionals(argv: readonly string[]): Positionals {
  let taken = 0;
  const personality = findPersonality(argv[taken] ?? "");
  if (personality !== undefined) taken++;
  const second = argv[taken];
  const handler = second !== undefined && isHandler(second) ? second : undefined;
  if (handler !== undefined) taken++;
  return {
    ...(personality === undefined ? {} : { personality }),
    ...(handler === undefined ? {} : { handler }),
    rest: argv.slice(taken),
    firstArgument: taken + 1,
  };
}

/** What error messages say beside a name that is not known. */
export interface Reading {
  /** The number of the first argument. @default 1 */
  readonly firstArgument?: number | undefined;
  /** What else may be done about it. */
  readonly ifUnknown?: string | undefined;
  /** What the command takes beside options: `json`. */
  readonly flags?: readonly string[] | undefined;
}

/**
 * Reads options from arguments. A value follows its key after a `=` or as the next argument; a key that is followed by
 * nothing or by `--` and a word has the value 1, which is refused later where the option is no switch. Unlike Net::Server, which leaves alone what it does not know, every
 * argument must belong to an option. What follows a `--` is a program and its arguments (`exec`).
 *
 * @param args The arguments without the positional ones.
 * @param known Every name of an option, the program's own included.
 * @throws {ConfigError} if a name is not known
 * @throws {UsageError} if an argument has another form
 */
export function parseCommandLine(
  args: readonly string[],
  known: ReadonlySet<string>,
  reading: Reading = {},
): RawSource {
  const { firstArgument = 1 } = reading;
  const values: RawValue[] = [];
  const notes: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const place = { source: "command line", line: firstArgument + at };
    const argument = args[at] as string;
    if (argument === "--") {
      values.push(...program(args.slice(at + 1), place));
      break;
    }
    const match = ARGUMENT.exec(withUnderscores(withoutLetter(argument), known));
    const key = match?.[1];
    if (key === undefined || !known.has(key)) {
      throw unknownArgument({ ...reading, argument, key, known, place });
    }
    const next = args[at + 1];
    const isImplied = match?.[2] === undefined && (next === undefined || /^--(?:\w|$)/.test(next));
    const value = match?.[2] ?? (isImplied ? "1" : args[++at] as string);
    if (hasPercent(value)) {
      notes.push(
        `command line:${place.line}: ${key} was decoded as Net::Server does: % and one digit are a character`,
      );
    }
    values.push({ key, value: decodePercent(value), form: "text", place, ...(isImplied && { isImplied }) });
  }
  return { values, notes };
}

/** `-p 80`, `-p=80` and `-p80` as `--port`: a letter that stands for an option. Only a number may follow it directly. */
function withoutLetter(argument: string): string {
  const [, letter = "", sign, value = ""] = /^-([a-zA-Z])(?:([= ]?)(.+)|$)$/s.exec(argument) ?? [];
  const key = keyOfLetter(letter);
  if (key === undefined || (sign === "" && !/^\d/.test(value))) return argument;
  return sign === undefined ? `--${key}` : `--${key}=${value}`;
}

/** `--max-servers 8` as `--max_servers 8`: the other usual way to write such a name. */
function withUnderscores(argument: string, known: ReadonlySet<string>): string {
  const written = /^--(\w+(?:-\w+)+)(?=[= ]|$)/.exec(argument)?.[1] ?? "";
  const key = written.replaceAll("-", "_");
  return known.has(key) ? `--${key}${argument.slice(2 + written.length)}` : argument;
}

/** What follows `--`: the option `exec`, word by word and as it stands. */
function program(words: readonly string[], place: { source: string; line: number }): RawValue[] {
  if (words.length === 0) {
    throw new UsageError(
      `${place.source}:${place.line}: Cannot read argument "--": no program follows it; write -- PROGRAM ARG…`,
    );
  }
  const elementPlaces = words.map((_, at) => ({ ...place, line: place.line + 1 + at }));
  return [{ key: "exec", value: words, form: "code", place: elementPlaces[0] ?? place, elementPlaces }];
}

/** The personality that `word` is a misspelling of: with names so short, almost any word is near to one. */
export function nearestPersonality(word: string): string | undefined {
  const near = nearest(word, PERSONALITIES);
  const isNear = near !== undefined &&
    editDistance(word.toLowerCase(), near.toLowerCase()) <= word.length / 5;
  return isNear ? near : undefined;
}

/** An argument that belongs to no option. */
interface UnknownArgument extends Reading {
  readonly argument: string;
  /** Its key, where it has the form of an option. */
  readonly key: string | undefined;
  readonly known: ReadonlySet<string>;
  readonly place: { source: string; line: number };
}

/** What to write in place of an argument that belongs to no option. */
function remedyFor({ argument, key, known, flags = [] }: UnknownArgument): string {
  if (CONFIGURATION_FILE.test(argument)) return `write -c ${argument} for a configuration file`;
  if (argument === "-v") return "-V prints the version";
  const word = key ?? /^-{0,2}([\w-]+)/.exec(argument)?.[1];
  if (word === undefined) return "see --help";
  const personality = findPersonality(word);
  if (personality !== undefined) {
    return `${personality} is a personality: name one, before the handler and the options`;
  }
  const near = nearestPersonality(word);
  return remedyForName(word, new Set([...flags, ...known])) ??
    (near === undefined ? "see --help" : `the nearest is "${near}"`);
}

function unknownArgument(unknown: UnknownArgument): Error {
  const { argument, key, place, ifUnknown } = unknown;
  const remedy = remedyFor(unknown);
  if (key === undefined) {
    const where = `${place.source}:${place.line}`;
    const isName = /^-(?:[a-zA-Z]|-\w[\w-]*)(?:[= ]|$)/.test(argument);
    const why = isName ? "there is no such option" : "it is not of the form --key value";
    return new UsageError(`${where}: Cannot read argument "${argument}": ${why}; ${remedy}`);
  }
  const more = ifUnknown === undefined ? "" : `, or ${ifUnknown}`;
  return new ConfigError(`Cannot set "${key}": there is no such option; ${remedy}${more}`, {
    option: key,
    place,
  });
}
