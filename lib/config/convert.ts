/**
 * A legacy configuration file as TOML, and the other way round; comments and blank lines are kept.
 *
 * @module
 */

import { ConfigError, formatPlace, type Place } from "../errors.ts";
import { type Format, formatOf } from "./config_text.ts";
import { isSplit, parseText } from "./kinds.ts";
import { printText, printToml } from "./print_value.ts";
import { type LegacyLine, readLegacyLines } from "./legacy_file.ts";
import { findOption, type OwnOption, type OwnOptions } from "./options.ts";
import { decodePercent, type RawValue } from "./raw.ts";
import { parseTomlFile } from "./toml_file.ts";
import { layoutOf } from "./toml_locate.ts";
import { joinWords } from "./words.ts";

/**
 * Converts a configuration file's text to the other format.
 *
 * Options of the program that are not in `own` keep their names; where the legacy file has a number, so has the TOML
 * file.
 *
 * @param text The text.
 * @param path The file's name, for messages and for the format it has.
 * @throws {ConfigError} if the text cannot be read, a value is not of its option's kind, or cannot be written in the
 * other format
 */
export async function convert(text: string, path: string, own: OwnOptions = {}): Promise<string> {
  const format: Format = formatOf(path, text);
  return format === "toml" ? await tomlToLegacy(text, path) : legacyToToml(text, path, own);
}

function definitionOf(key: string, own: OwnOptions): OwnOption | undefined {
  return findOption(key) ?? (Object.hasOwn(own, key) ? own[key] : undefined);
}

/** Net::Server's file as TOML. All values of a repeatable option stand where the first one stood. */
function legacyToToml(text: string, path: string, own: OwnOptions): string {
  const lines = readLegacyLines(text);
  const groups = new Map<string, LegacyLine[]>();
  for (const line of lines) {
    if (line.key === undefined) continue;
    const key = findOption(line.key)?.key ?? line.key;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [line]);
    else group.push(line);
  }
  const source = text.split("\n");
  const out: string[] = [];
  for (const line of lines) {
    const comment = line.comment === undefined ? "" : tomlComment(line.comment);
    if (line.key === undefined) {
      const skipped = line.skipped
        ? tomlComment(`# skipped: ${(source[line.line - 1] ?? "").trim()}`)
        : comment;
      out.push(skipped);
      continue;
    }
    const key = findOption(line.key)?.key ?? line.key;
    const group = groups.get(key) ?? [];
    if (group[0] === line) out.push(...tomlPair(key, group, path, definitionOf(key, own)));
  }
  return out.length === 0 ? "" : out.join("\n") + "\n";
}

/** The lines of TOML for one option. */
function tomlPair(
  key: string,
  group: readonly LegacyLine[],
  path: string,
  definition?: OwnOption,
): string[] {
  const [first, second] = group;
  if (second !== undefined && definition !== undefined && !definition.multi) {
    const where = formatPlace({ source: path, line: first?.line ?? 1, column: first?.column ?? 1 });
    throw new ConfigError(`Cannot set ${key} twice: it was set at ${where} already; remove one of the two`, {
      option: key,
      place: {
        source: path,
        line: second.line,
        ...(second.column === undefined ? {} : { column: second.column }),
      },
    });
  }
  const items = group.flatMap((line) => {
    const comment = line.comment === undefined ? "" : ` ${tomlComment(line.comment)}`;
    const values = tomlValues(key, line, path, definition);
    return values.map((value, index) => ({ value, comment: index === values.length - 1 ? comment : "" }));
  });
  const isList = definition === undefined ? group.length > 1 : definition.multi === true;
  if (!isList) return items.map(({ value, comment }) => `${key} = ${value}${comment}`);
  if (group.length === 1) {
    return [`${key} = [${items.map(({ value }) => value).join(", ")}]${items.at(-1)?.comment ?? ""}`];
  }
  if (items.every(({ comment }) => comment === "")) {
    return [`${key} = [${items.map((i) => i.value).join(", ")}]`];
  }
  return [`${key} = [`, ...items.map(({ value, comment }) => `  ${value},${comment}`), "]"];
}

/** The values of one line, as TOML. Names of signals, and words, may be several. */
function tomlValues(key: string, line: LegacyLine, path: string, definition?: OwnOption): string[] {
  const text = decodePercent(line.value ?? "");
  if (definition === undefined) {
    const plain = text.trim();
    return [isPlainNumber(plain) ? plain : printToml(plain)];
  }
  const parsed = parseText(definition, text);
  if ("reason" in parsed) {
    throw new ConfigError(
      `Cannot set ${key} to ${JSON.stringify(text)}: ${parsed.reason}; give ${parsed.wanted}`,
      {
        option: key,
        place: {
          source: path,
          line: line.line,
          ...(line.column === undefined ? {} : { column: line.column }),
        },
      },
    );
  }
  const values = isSplit(definition) ? parsed.value as string[] : [parsed.value];
  return values.map((value) =>
    definition.kind === "ports" && isPlainNumber(String(value)) ? String(value) : printToml(value)
  );
}

/** Whether a text is a whole number that reads the same after a trip through a number. */
function isPlainNumber(text: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(text);
}

/** A comment without the control characters that TOML forbids. */
function tomlComment(comment: string): string {
  // deno-lint-ignore no-control-regex
  return comment.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, " ").trimEnd();
}

interface LegacyOutput {
  readonly line: number;
  text: string;
  readonly isValue: boolean;
}

/** TOML as Net::Server's file. Each element of an array is a line of its own, and each `[[port]]` table too. */
async function tomlToLegacy(text: string, path: string): Promise<string> {
  const { values } = await parseTomlFile(text, path);
  const layout = layoutOf(text);
  const out: LegacyOutput[] = values.flatMap((raw) => legacyLines(raw));
  for (const line of layout.blankLines) out.push({ line, text: "", isValue: false });
  for (const comment of layout.comments) {
    // It tells an editor how TOML is to be read.
    if (comment.text.startsWith("#:schema ")) continue;
    const value = out.find(({ line, isValue, text }) =>
      isValue && line === comment.line && !text.includes(" #")
    );
    if (value !== undefined) value.text += ` ${comment.text}`;
    else out.push({ line: comment.line, text: comment.text, isValue: false });
  }
  // The sort is stable, so that what stands on one line keeps its order.
  out.sort((a, b) => a.line - b.line);
  return out.length === 0 ? "" : out.map(({ text }) => text).join("\n") + "\n";
}

function legacyLines(raw: RawValue): LegacyOutput[] {
  const items: readonly unknown[] = Array.isArray(raw.value) ? raw.value : [raw.value];
  const places: readonly Place[] = Array.isArray(raw.value) ? raw.elementPlaces ?? [] : [raw.place];
  if (findOption(raw.key)?.kind === "words" && items.every((item) => typeof item === "string")) {
    const text = legacyPair(raw.key, joinWords(items), raw.place);
    return [{ line: raw.place.line ?? 1, text, isValue: true }];
  }
  return items.map((value, index) => {
    const place = places[index] ?? raw.place;
    return { line: place.line ?? 1, text: legacyPair(raw.key, value, place), isValue: true };
  });
}

/** `key value`, which Net::Server reads as that value again. */
function legacyPair(key: string, value: unknown, place: Place): string {
  const kind = findOption(key)?.kind;
  const text = printText(value);
  const escaped = text.replaceAll("#", "\\#")
    // Net::Server turns % and one digit into a character, so that the first sixteen have a way to be written.
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0a-\x0f]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const line = /^[=:]/.test(escaped) ? `${key} = ${escaped}` : `${key} ${escaped}`;
  const again = readLegacyLines(line)[0];
  const read = again?.value === undefined ? undefined : decodePercent(again.value);
  const blanks = kind !== "regexp" && kind !== "pattern" && text !== text.trim();
  if (again?.key !== key || read !== text || blanks || /^--\w/.test(text) || isNested(value)) {
    throw new ConfigError(
      `Cannot write ${key} as a line of "key value": ${unwritable(text, value)}; keep the file as TOML`,
      { option: key, place },
    );
  }
  return line;
}

function isNested(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Date;
}

function unwritable(text: string, value: unknown): string {
  if (isNested(value)) return "its value is not text or a number";
  if (text === "") return "its value is empty";
  if (/%[A-F0-9]/i.test(text)) return "Net::Server reads % and a digit of 0 to 9 or A to F as a character";
  if (/^--\w/.test(text)) return "Net::Server reads a value that begins with -- as another option";
  return "its value begins or ends in a blank, or has a character that cannot be written";
}
