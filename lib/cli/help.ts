/**
 * `tine help`, `tine --help`, `tine COMMAND --help` and `tine --version`.
 *
 * @module
 */

import { commonHelp, helpText, optionHelp, ownHelp, wrap } from "../config/describe.ts";
import { nearest } from "../config/nearest.ts";
import { findOption, keyOfLetter, optionNames, type OwnOptions } from "../config/options.ts";
import type { Question } from "../config/question.ts";
import { UsageError } from "../errors.ts";
import { PERSONALITIES } from "../personality/personality.ts";
import { FORMS, printHelp, printVersion } from "../server/answer.ts";
import { SIGNALS } from "../signals.ts";
import { type Caller, TINE, usageFor } from "./caller.ts";
import { commandsOf } from "./commands.ts";
import { hooksHelp } from "./hook_help.ts";

/** How `tine help` is called, and what it does. */
export const USAGE = `Usage: tine help [COMMAND | OPTION | options | signals | hooks]

Explains a command or an option, or lists all options, signals or hooks. tine COMMAND --help explains a command too.
`;

/** What of a line of help stands in its first column. */
const FIRST_COLUMN = 14;

function twoColumns(rows: readonly (readonly [string, string])[], width: number): string {
  const lines = rows.flatMap(([name, text]) => {
    const [first = "", ...rest] = wrap(text, width - FIRST_COLUMN);
    return [
      `  ${name.padEnd(FIRST_COLUMN - 2)}${first}`,
      ...rest.map((line) => " ".repeat(FIRST_COLUMN) + line),
    ];
  });
  return lines.join("\n");
}

function paragraph(text: string, width: number): string {
  return wrap(text, width).join("\n");
}

/** A text with its paragraphs broken anew; lines that are indented, and how it is called, stay as they are. */
function reflow(text: string, width: number): string {
  const isParagraph = (block: string) => !/^(?:Usage:|\s)/m.test(block);
  return text.trimEnd().split("\n\n").map((block) => isParagraph(block) ? paragraph(block, width) : block)
    .join("\n\n") + "\n";
}

/** How a caller is called, and with what. */
function usage({ name, takesHandler }: Caller, width: number): string[] {
  const ways = takesHandler ? "[PERSONALITY] [HANDLER] [options]" : "[options]";
  const lines = `Usage: ${name} ${ways}\n       ${name} COMMAND [arguments]`;
  if (!takesHandler) return [lines];
  const text =
    "The first form runs a server. HANDLER is the path of a module whose default export is a function (connection, " +
    "server) or an object with processRequest, or fetch for HTTP, and hooks. Without it, the server is an echo. " +
    `PERSONALITY is the process model: ${PERSONALITIES.join(", ")}.`;
  return [lines, paragraph(text, width)];
}

/** What `tine --help` prints. `own`: the options of a handler that was named. */
function overview(width: number, own: OwnOptions, caller: Caller): string {
  const { name } = caller;
  const commands = commandsOf(caller).map(([command, { summary }]): [string, string] => [command, summary]);
  const blocks = [
    ...usage(caller, width),
    ...(caller.takesHandler ? [] : ownHelp(own, width)),
    `Commands:\n${twoColumns(commands, width)}`,
    ...(caller.takesHandler ? ownHelp(own, width) : []),
    commonHelp(width),
    paragraph(FORMS, width),
    `More: ${name} COMMAND --help, ${name} help options,\n      ${name} help signals, ${name} help hooks`,
  ];
  return blocks.join("\n\n") + "\n";
}

function signalsHelp(width: number, caller: Caller): string {
  const rows = SIGNALS.map(({ name, inParent, inChild, command }): [string, string] => [
    name,
    `${inParent}${command === undefined ? "" : ` (${caller.name} ${command})`}${
      inChild === "" ? "" : `; in a child: ${inChild}`
    }`.replaceAll("`", ""),
  ]);
  return `What a signal does in the parent:\n\n${twoColumns(rows, width)}\n`;
}

/** The text about a word: a command, or one of the lists. */
async function textAbout(
  topic: string,
  caller: Caller,
  own: OwnOptions,
): Promise<(width: number) => string> {
  const lists: Readonly<Record<string, (width: number) => string>> = {
    options: (width) => `${paragraph(FORMS, width)}\n\n${helpText(own, width)}`,
    signals: (width) => signalsHelp(width, caller),
    hooks: hooksHelp,
  };
  const list = Object.hasOwn(lists, topic) ? lists[topic] : undefined;
  if (list !== undefined) return list;
  const commands = commandsOf(caller);
  const [, command] = commands.find(([name]) => name === topic) ?? [];
  if (command !== undefined) {
    const { USAGE: text } = await command.usage();
    return (width) => reflow(usageFor(caller, text), width);
  }
  const option = keyOfLetter(topic.replace(/^-/, "")) ?? topic.replace(/^--/, "").replaceAll("-", "_");
  const row = findOption(option);
  const definition = row ?? (Object.hasOwn(own, option) ? own[option] : undefined);
  if (definition !== undefined) return (width) => optionHelp(row?.key ?? option, definition, width);
  const words = [...commands.map(([name]) => name), ...Object.keys(lists)];
  const near = nearest(topic, words) ?? nearest(option, [...optionNames(), ...Object.keys(own)]);
  throw new UsageError(
    `Cannot explain "${topic}": there is no such command, option or list; ${
      near === undefined ? `give one of ${words.join(", ")}` : `the nearest is "${near}"`
    }`,
  );
}

/** What a question is about. */
export interface Asked {
  /** The command, or the list, that is to be explained. */
  readonly command?: string | undefined;
  /** The options of a handler's own. */
  readonly own?: OwnOptions | undefined;
  readonly caller?: Caller;
}

/** Prints how Tine or a command of it is used, with a handler's own options; or the version. */
export async function answerQuestion(
  question: Question,
  { command, own = {}, caller = TINE }: Asked = {},
): Promise<void> {
  if (question === "version") return printVersion();
  printHelp(
    command === undefined ? (width) => overview(width, own, caller) : await textAbout(command, caller, own),
  );
}

/** Prints how Tine is used, or what is asked for. */
export async function help(topics: readonly string[], caller: Caller = TINE): Promise<void> {
  const [topic, ...more] = topics;
  if (more.length > 0) {
    throw new UsageError(`Cannot explain several words at once; write ${caller.name} help WORD`);
  }
  const own = (await caller.load([], { before: 1, usage: "" })).handler?.options;
  await answerQuestion("help", { command: topic, own, caller });
}

/** Prints the version of Tine and of the runtime. */
export function version(): Promise<void> {
  printVersion();
  return Promise.resolve();
}
