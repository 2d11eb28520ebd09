/**
 * `tine help`, `tine --help`, `tine COMMAND --help` and `tine --version`.
 *
 * @module
 */

import { commonHelp, helpText, ownHelp, wrap } from "../config/describe.ts";
import { nearest } from "../config/nearest.ts";
import type { OwnOptions } from "../config/options.ts";
import type { Question } from "../config/question.ts";
import { UsageError } from "../errors.ts";
import { PERSONALITIES } from "../personality/personality.ts";
import { FORMS, printHelp, printVersion } from "../server/answer.ts";
import { SIGNALS } from "../signals.ts";
import { COMMANDS, findCommand } from "./commands.ts";
import { hooksHelp } from "./hook_help.ts";

/** How `tine help` is called, and what it does. */
export const USAGE = `Usage: tine help [COMMAND | options | signals | hooks]

Explains a command, or lists all options, signals or hooks. tine COMMAND --help is the same.
`;

/** What of a line of help stands in its first column. */
const FIRST_COLUMN = 12;

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

/** What `tine --help` prints. `own`: the options of a handler that was named. */
function overview(width: number, own: OwnOptions): string {
  const blocks = [
    "Usage: tine [PERSONALITY] [HANDLER] [options]\n       tine COMMAND [arguments]",
    paragraph(
      "The first form runs a server. HANDLER is the path of a module whose default export is a function (connection, " +
        "server) or an object with processRequest and hooks. Without it, the server is an echo. " +
        `PERSONALITY is the process model: ${PERSONALITIES.join(", ")}.`,
      width,
    ),
    `Commands:\n${twoColumns(Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]), width)}`,
    ...ownHelp(own, width),
    commonHelp(width),
    paragraph(FORMS, width),
    `More: tine COMMAND --help, tine help options,\n      tine help signals, tine help hooks`,
  ];
  return blocks.join("\n\n") + "\n";
}

function signalsHelp(width: number): string {
  const rows = SIGNALS.map(({ name, inParent, inChild, command }): [string, string] => [
    name,
    `${inParent}${command === undefined ? "" : ` (tine ${command})`}${
      inChild === "" ? "" : `; in a child: ${inChild}`
    }`.replaceAll("`", ""),
  ]);
  return `What a signal does in the parent:\n\n${twoColumns(rows, width)}\n`;
}

/** The text about a word: a command, or one of the lists. */
async function textAbout(topic: string): Promise<(width: number) => string> {
  const lists: Readonly<Record<string, (width: number) => string>> = {
    options: (width) => `${paragraph(FORMS, width)}\n\n${helpText({}, width)}`,
    signals: signalsHelp,
    hooks: hooksHelp,
  };
  const list = Object.hasOwn(lists, topic) ? lists[topic] : undefined;
  if (list !== undefined) return list;
  const command = findCommand(topic);
  if (command !== undefined) {
    const { USAGE: text } = await command.usage();
    return (width) => reflow(text, width);
  }
  const words = [...Object.keys(COMMANDS), ...Object.keys(lists)];
  const near = nearest(topic, words);
  throw new UsageError(
    `Cannot explain "${topic}": there is no such command or list; ${
      near === undefined ? `give one of ${words.join(", ")}` : `the nearest is "${near}"`
    }`,
  );
}

/** Prints how Tine or a command of it is used, with a handler's own options; or the version. */
export async function answerQuestion(
  question: Question,
  { command, own = {} }: { readonly command?: string; readonly own?: OwnOptions | undefined } = {},
): Promise<void> {
  if (question === "version") return await printVersion();
  await printHelp(command === undefined ? (width) => overview(width, own) : await textAbout(command));
}

/** Prints how Tine is used, or what is asked for. */
export async function help(topics: readonly string[]): Promise<void> {
  const [topic, ...more] = topics;
  if (more.length > 0) throw new UsageError("Cannot explain several words at once; write tine help WORD");
  await answerQuestion("help", topic === undefined ? {} : { command: topic });
}

/** Prints the version of Tine and of the runtime. */
export async function version(): Promise<void> {
  await printVersion();
}
