/**
 * Net::Server's configuration file: `key value` lines with `#` comments, read as its `_read_conf` reads them.
 *
 * - A `#` that no backslash precedes begins a comment; `\#` is a `#`.
 * - `key value`, `key = value` and `key: value`, the key with or without `--`. The value reaches to the end of the
 *   line, trailing whitespace included.
 * - Any other line is skipped. A key without a value is such a line too, other than on the command line.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { decodePercent, hasPercent, type RawSource, type RawValue } from "./raw.ts";

/** One line of such a file. */
export interface LegacyLine {
  /** The line's number, from 1. */
  readonly line: number;
  /** The key without `--`; undefined in a line that sets nothing. */
  readonly key?: string;
  /** The key's column, from 1. */
  readonly keyColumn?: number;
  /** The value, its `%` not yet decoded. */
  readonly value?: string;
  /** The value's column, from 1. */
  readonly column?: number;
  /** The comment, from its `#` on. */
  readonly comment?: string;
  /** Whether something other than a comment was skipped. */
  readonly skipped: boolean;
}

// Perl's \s and \w on bytes know ASCII alone, and its dot matches all but a line feed; JavaScript's do not.
const COMMENT = /([^\n]*?)(?<!\\)#/;
const PAIR = /^([ \t\n\r\f\v]*)((?:--)?\w+)((?:[ \t\n\r\f\v]*[=:][ \t\n\r\f\v]*|[ \t\n\r\f\v]+))([^\n]+)/;

/** Splits a file's text into lines and reads each. Never throws. */
export function readLegacyLines(text: string): LegacyLine[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line, index) => readLine(line, index + 1));
}

function readLine(full: string, number: number): LegacyLine {
  const before = COMMENT.exec(full)?.[1];
  const comment = before === undefined ? undefined : full.slice(before.length).replace(/\r?\n$/, "");
  const content = before ?? full;
  const escaped = content.replaceAll("\\#", "#");
  const match = PAIR.exec(escaped);
  if (match === null) {
    const base = { line: number, skipped: content.trim() !== "" };
    return comment === undefined ? base : { ...base, comment };
  }
  const [, indent, key, separator, value] = match as unknown as [string, string, string, string, string];
  return {
    line: number,
    key: key.replace(/^--/, ""),
    keyColumn: indent.length + 1,
    value,
    // No key or separator has a `\#` in it, so the columns before the value are those of the line as written.
    column: indent.length + key.length + separator.length + 1,
    ...(comment === undefined ? {} : { comment }),
    skipped: false,
  };
}

/** Another file that was named by mistake sets nothing, and a server would start without what was meant. */
function noConfiguration(source: string, { line }: LegacyLine): ConfigError {
  return new ConfigError(
    'Cannot read the configuration: no line of it sets anything; write options as "key value", or as TOML in a file ' +
      "whose name ends in .toml",
    { option: "conf_file", place: { source, line } },
  );
}

/**
 * Reads the values from a file's text.
 *
 * @param text The file's text.
 * @param path The file's name for messages.
 * @throws {ConfigError} if a value begins with `--` and a letter: Net::Server takes it for another option; if there are
 * lines, and none sets anything
 */
export function parseLegacyFile(text: string, path: string): RawSource {
  const values: RawValue[] = [];
  const notes: string[] = [];
  const lines = readLegacyLines(text);
  const meant = lines.find(({ skipped }) => skipped);
  if (meant !== undefined && !lines.some(({ key }) => key !== undefined)) throw noConfiguration(path, meant);
  for (const { line, key, keyColumn, value, column, skipped } of lines) {
    if (skipped) {
      notes.push(`${path}:${line}: skipped, as Net::Server does: the line is not of the form "key value"`);
    }
    if (key === undefined || keyColumn === undefined || value === undefined || column === undefined) continue;
    if (/^--\w/.test(value)) {
      throw new ConfigError(
        `Cannot set ${key}: Net::Server reads a value that begins with -- as another option; ` +
          `give ${key} a value of its own and the other option a line of its own`,
        { option: key, place: { source: path, line, column } },
      );
    }
    if (hasPercent(value)) {
      notes.push(`${path}:${line}: ${key} was decoded as Net::Server does: % and one digit are a character`);
    }
    values.push({
      key,
      value: decodePercent(value),
      form: "text",
      place: { source: path, line, column },
      keyPlace: { source: path, line, column: keyColumn },
    });
  }
  return { values, notes };
}
