/**
 * The table of options as text for people: `--help`, and what is in force.
 *
 * @module
 */

import { formatPlace } from "../errors.ts";
import type { LoadedConfig } from "./config.ts";
import { printText, printToml } from "./kinds.ts";
import {
  camelCase,
  type Definition,
  type OptionRow,
  OPTIONS,
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

const WIDTH = 100;
/** Where the second column of `--help` begins. */
const INDENT = 34;

/** The rows of a section with a status, in the order of the table. */
export function rowsOf(section: Section, status: OptionRow["status"]): readonly OptionRow[] {
  return (OPTIONS as readonly OptionRow[]).filter((row) => row.section === section && row.status === status);
}

/** What stands for a value: `N`, `SECONDS`, `PATH`, `flock|semaphore|pipe|none`. */
export function placeholder(definition: Definition): string {
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
export function defaultOf(definition: Definition & { readonly defaultText?: string }): string {
  if (definition.defaultText !== undefined) return definition.defaultText;
  if (definition.default === undefined) return "none";
  if (!Array.isArray(definition.default)) return printText(definition.default);
  return definition.default.length === 0 ? "none" : definition.default.map(printText).join(", ");
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

function helpEntry(key: string, definition: Definition): string[] {
  // The names of an enumeration's values can be longer than the column; they stand in the text then.
  const shown = placeholder(definition);
  const isLong = 2 + `--${key} ${shown}`.length + 2 > INDENT;
  const head = `  --${key} ${isLong && definition.kind === "enum" ? "NAME" : shown}`;
  const values = isLong && definition.kind === "enum"
    ? `; one of ${(definition.values ?? []).join(", ")}`
    : "";
  const sentence = firstSentence(definition.help).replaceAll("`", "");
  const more = definition.multi && !sentence.includes("repeatable") ? "; repeatable" : "";
  const text = wrap(`${sentence}${more}${values} [${defaultOf(definition)}]`, WIDTH - INDENT);
  const [first = "", ...rest] = text;
  const lines = head.length + 2 > INDENT ? [head, " ".repeat(INDENT) + first] : [head.padEnd(INDENT) + first];
  return [...lines, ...rest.map((line) => " ".repeat(INDENT) + line)];
}

/**
 * The part of `--help` that lists options, by section, in 100 columns; each with its default in brackets.
 *
 * @param own The program's own options, which stand last.
 */
export function helpText(own: OwnOptions = {}): string {
  const blocks = SECTIONS.flatMap((section) => {
    const rows = rowsOf(section, "supported");
    if (rows.length === 0) return [];
    return [[`${section}:`, ...rows.flatMap((row) => helpEntry(row.key, row))].join("\n")];
  });
  const mine = Object.entries(own).flatMap(([key, definition]) => helpEntry(key, definition));
  if (mine.length > 0) blocks.push(["This program's own:", ...mine].join("\n"));
  return blocks.join("\n\n") + "\n";
}

/**
 * Every option with its value in force and where it came from, a line each, in TOML's form; options that are not set
 * stand behind a `#`. Secrets are masked.
 */
export function printEffective(loaded: LoadedConfig): string {
  const config = loaded.config as unknown as Readonly<Record<string, unknown>>;
  const entries: [string, Definition, unknown][] = SECTIONS.flatMap((section) =>
    rowsOf(section, "supported").map((
      row,
    ): [string, Definition, unknown] => [row.key, row, config[camelCase(row.key)]])
  );
  for (const [key, definition] of Object.entries(loaded.own)) {
    entries.push([key, definition, loaded.config.own[key]]);
  }
  const lines = entries.map(([key, definition, value]): [string, string] => {
    const places = loaded.origins.get(key) ?? [];
    const origin = places.length === 0 ? "default" : [...new Set(places.map(formatPlace))].join(", ");
    if (value === undefined) return [`# ${key} = ${defaultOf(definition)}`, origin];
    return [`${key} = ${definition.secret ? '"***"' : printToml(value)}`, origin];
  });
  const width = Math.min(60, Math.max(...lines.map(([text]) => text.length)));
  return lines.map(([text, origin]) => `${text.padEnd(width)}  # ${origin}\n`).join("");
}
