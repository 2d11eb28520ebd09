/**
 * The table of options as text for people: `--help`, and what is in force.
 *
 * @module
 */

import { formatPlace } from "../errors.ts";
import type { LoadedConfig } from "./config.ts";
import { printText, printToml } from "./print_value.ts";
import {
  camelCase,
  type OptionRow,
  OPTIONS,
  type OwnOption,
  type OwnOptions,
  type Section,
} from "./options.ts";

/** The sections in the order in which they are printed. */
export const SECTIONS: readonly Section[] = [
  "Listening",
  "Children",
  "Exec",
  "Logging",
  "Access",
  "Daemon",
  "TLS",
  "HTTP",
  "General",
];

/** The widths of help, in columns. A narrower terminal breaks its lines itself; longer lines are hard to read. */
export const HELP_WIDTHS = { least: 60, most: 100, usual: 80 } as const;

/** Where the second column of `--help` begins. */
function indentOf(width: number): number {
  return width < 90 ? 30 : 38;
}

/** The rows of a section with a status, in the order of the table. */
export function rowsOf(section: Section, status: OptionRow["status"]): readonly OptionRow[] {
  return (OPTIONS as readonly OptionRow[]).filter((row) => row.section === section && row.status === status);
}

/** What stands for a value: `N`, `SECONDS`, `PATH`, `flock|semaphore|pipe|none`. */
export function placeholder(definition: OwnOption): string {
  switch (definition.kind) {
    case "int":
      return "N";
    case "seconds":
      return "SECONDS";
    case "bool":
      return "1|0";
    case "enum":
      return (definition.values ?? []).join("|");
    case "path":
      return "PATH";
    case "ports":
      return "PORT";
    case "watched":
      return "1|PATTERN";
    case "signals":
      return "SIGNAL";
    case "words":
      return "PROGRAM";
    case "regexp":
    case "pattern":
      return "REGEXP";
    case "string":
      return "TEXT";
  }
}

/** The default as one would write it; words where there is no plain one; `none` where the option is then absent. */
export function defaultOf(definition: OwnOption & { readonly defaultText?: string }): string {
  if (definition.defaultText !== undefined) return definition.defaultText;
  if (definition.default === undefined) return "none";
  if (!Array.isArray(definition.default)) return printText(definition.default);
  return definition.default.length === 0 ? "none" : definition.default.map(printText).join(", ");
}

/** Which numbers are allowed, as `1 to 4096`; empty for any, and for what is no number. */
export function rangeOf({ kind, min, max, clamp }: OptionRow): string {
  if (min === undefined || (kind !== "int" && kind !== "seconds")) return "";
  return max === undefined || clamp ? `${min} or more` : `${min} to ${max}`;
}

/** The first sentence of a help text, without its point. */
export function firstSentence(help: string): string {
  const end = /\.(\s|$)/.exec(help)?.index ?? help.length;
  return help.slice(0, end);
}

/** Breaks text into lines of at most `width` characters at whitespace. A longer word stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function helpEntry(
  key: string,
  definition: OwnOption & { readonly short?: string },
  width: number,
): string[] {
  const indent = indentOf(width);
  // The names of an enumeration's values can be longer than the column; they stand in the text then.
  const shown = placeholder(definition);
  const letter = definition.short === undefined ? "    " : `-${definition.short}, `;
  const isLong = `  ${letter}--${key} ${shown}`.length + 2 > indent;
  const head = `  ${letter}--${key} ${isLong && definition.kind === "enum" ? "NAME" : shown}`;
  const values = isLong && definition.kind === "enum"
    ? `; one of ${(definition.values ?? []).join(", ")}`
    : "";
  const sentence = firstSentence(definition.help).replaceAll("`", "");
  const more = definition.multi && !sentence.includes("repeatable") ? "; repeatable" : "";
  const text = wrap(`${sentence}${more}${values} [${defaultOf(definition)}]`, width - indent);
  const [first = "", ...rest] = text;
  const lines = head.length + 2 > indent ? [head, " ".repeat(indent) + first] : [head.padEnd(indent) + first];
  return [...lines, ...rest.map((line) => " ".repeat(indent) + line)];
}

/** One option with all that is said of it. */
export function optionHelp(
  key: string,
  definition: OwnOption & Partial<Pick<OptionRow, "short" | "status" | "remedy" | "apply">>,
  width: number,
): string {
  const { short, status = "supported", remedy, apply, multi, values } = definition;
  const letter = short === undefined ? "" : `-${short}, `;
  const shown = values !== undefined && values.length > 4 ? "NAME" : placeholder(definition);
  const more = status === "never"
    ? [`It is refused: ${remedy}.`]
    : status === "later"
    ? ["It is refused: Tine does not support it yet."]
    : [
      ...(values === undefined ? [] : [`One of ${values.join(", ")}.`]),
      ...(multi ? ["May be given more than once."] : []),
      `Default: ${defaultOf(definition)}.`,
      ...(apply === undefined ? [] : [
        apply === "live"
          ? "A reload applies a change."
          : "After a change, only new sockets or processes have it.",
      ]),
    ];
  const paragraphs = [definition.help.replaceAll("`", ""), more.join(" ")];
  return [`${letter}--${key} ${shown}`, ...paragraphs.map((text) => wrap(text, width).join("\n"))].join(
    "\n\n",
  ) + "\n";
}

/** A program's own options as a part of its help; empty if it has none. */
export function ownHelp(own: OwnOptions, width: number): string[] {
  const mine = Object.entries(own).flatMap(([key, definition]) => helpEntry(key, definition, width));
  return mine.length === 0 ? [] : [["This program's own options:", ...mine].join("\n")];
}

/** The options that most servers set. */
export function commonHelp(width: number): string {
  const rows = (OPTIONS as readonly OptionRow[]).filter(({ common }) => common);
  return ["Options:", ...rows.flatMap((row) => helpEntry(row.key, row, width))].join("\n");
}

/** Every option, by section, each with its default in brackets; a program's own stand first. */
export function helpText(own: OwnOptions = {}, width: number = HELP_WIDTHS.most): string {
  const blocks = SECTIONS.flatMap((section) => {
    const rows = rowsOf(section, "supported");
    if (rows.length === 0) return [];
    return [[`${section}:`, ...rows.flatMap((row) => helpEntry(row.key, row, width))].join("\n")];
  });
  return [...ownHelp(own, width), ...blocks].join("\n\n") + "\n";
}

/** An option in force. */
export interface Effective {
  readonly key: string;
  readonly definition: OwnOption;
  /** Undefined for an option that is absent. Secrets are masked. */
  readonly value: unknown;
  /** Where it was set; empty for a default. */
  readonly origins: readonly string[];
}

/** Every option in force, Tine's and the program's own. */
export function effectiveOptions(loaded: LoadedConfig): readonly Effective[] {
  const config = loaded.config as unknown as Readonly<Record<string, unknown>>;
  const effective = (key: string, definition: OwnOption, value: unknown): Effective => ({
    key,
    definition,
    value: definition.secret && value !== undefined ? "***" : value,
    origins: [...new Set((loaded.origins.get(key) ?? []).map(formatPlace))],
  });
  return [
    ...SECTIONS.flatMap((section) =>
      rowsOf(section, "supported").map((row) => effective(row.key, row, config[camelCase(row.key)]))
    ),
    ...Object.entries(loaded.own).map(([key, definition]) =>
      effective(key, definition, loaded.config.own[key])
    ),
  ];
}

/**
 * Options with their value in force and where it came from, a line each, in TOML's form; options that are not set stand
 * behind a `#`.
 */
export function printEffective(shown: readonly Effective[]): string {
  const lines = shown.map(({ key, definition, value, origins }): [string, string] => [
    value === undefined ? `# ${key} = ${defaultOf(definition)}` : `${key} = ${printToml(value)}`,
    origins.length === 0 ? "default" : origins.join(", "),
  ]);
  const width = Math.min(60, Math.max(...lines.map(([text]) => text.length)));
  return lines.map(([text, origin]) => `${text.padEnd(width)}  # ${origin}\n`).join("");
}
