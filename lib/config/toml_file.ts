/**
 * TOML configuration: the same names as everywhere, arrays for repeated options, and `[[port]]` tables.
 *
 * @module
 */

import { ConfigError, type Place } from "../errors.ts";
import type { RawSource, RawValue } from "./raw.ts";
import { loadTomlParser } from "./toml_parser.ts";
import { layoutOf, pathKey, type Positions } from "./toml_locate.ts";

const PORT_FIELDS: readonly string[] = ["port", "host", "proto", "ipv"];

/**
 * Reads the values of a TOML document. Whole numbers come as bigint, so that `1` and `1.0` differ.
 *
 * @param text The document.
 * @param path The file's name for messages.
 * @throws {ConfigError} if the document is no TOML, or has tables other than `port`
 */
export async function parseTomlFile(text: string, path: string): Promise<RawSource> {
  const parser = await loadTomlParser();
  let document: Record<string, unknown>;
  try {
    document = parser.parse(text, { integersAsBigInt: true });
  } catch (cause) {
    throw syntaxError(cause, text, path);
  }
  const { positions, keys } = layoutOf(text);
  const placeOf = (at: readonly (string | number)[]) => findPlace(positions, at, path);
  const keyPlaceOf = (at: readonly (string | number)[]) =>
    findPlace(keys, at, path) ?? findPlace(positions, at, path);
  const values = Object.entries(document).map(([key, value]): RawValue => {
    const place = placeOf([key]) ?? { source: path };
    checkTables(key, value, (at) => keyPlaceOf(at) ?? place);
    const raw = { key, value, form: "toml", place, keyPlace: keyPlaceOf([key]) ?? place } as const;
    if (!Array.isArray(value)) return raw;
    return { ...raw, elementPlaces: value.map((_, index) => placeOf([key, index]) ?? place) };
  });
  values.sort((a, b) => comparePlaces(a.place, b.place));
  return { values, notes: [] };
}

/** What to do about a line that is no TOML. */
function remedyFor(line: string): string {
  const [, key = "", value] = /^\s*([\w.-]+)\s*=\s*([^"'\s[{#][^"'#]*?)\s*(?:#.*)?$/.exec(line) ?? [];
  if (value?.includes(",")) return `write a list: ${key} = ["…", "…"]`;
  if (value !== undefined && /^(?:yes|no|on|off)$/i.test(value)) return "write true or false";
  if (value !== undefined && !/^[-+\d.]+$/.test(value)) {
    return `put text in quotes: ${key} = ${JSON.stringify(value)}`;
  }
  const [, word = "", rest] = /^\s*(\w+)(?::\s*|\s+)([^=\s].*)$/.exec(line) ?? [];
  return rest === undefined ? "correct it" : `a line has the form key = value, as ${word} = …`;
}

function syntaxError(cause: unknown, text: string, path: string): Error {
  const { line, column, message } = cause as { line?: number; column?: number; message?: string };
  const words = (message ?? "").split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
  const remedy = line === undefined ? "correct it" : remedyFor(text.split("\n")[line - 1] ?? "");
  return new ConfigError(`Cannot read the configuration: it is not valid TOML (${words}); ${remedy}`, {
    cause,
    place: line === undefined || column === undefined ? { source: path } : { source: path, line, column },
  });
}

/** The place of a path, or else of the first thing within it that has one. */
function findPlace(
  positions: Positions,
  path: readonly (string | number)[],
  source: string,
): Place | undefined {
  const found = positions.get(pathKey(path));
  if (found !== undefined) return { source, ...found };
  // A dotted key has its place at its leaf only.
  const prefix = pathKey(path).slice(0, -1);
  for (const [key, position] of positions) {
    if (key.startsWith(`${prefix},`)) return { source, ...position };
  }
  return undefined;
}

function comparePlaces(a: Place, b: Place): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Tables are for ports alone, and have a port's fields alone. */
function checkTables(
  key: string,
  value: unknown,
  placeOf: (at: readonly (string | number)[]) => Place,
): void {
  const tables: [readonly (string | number)[], Record<string, unknown>][] = [];
  if (isTable(value)) tables.push([[key], value]);
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      if (isTable(item)) tables.push([[key, index], item]);
    });
  }
  for (const [at, table] of tables) {
    if (key !== "port" && key !== "ports") {
      throw new ConfigError(
        `Cannot read table "${key}": there are no tables but [[port]]; put its options at the top of the file`,
        { option: key, place: placeOf(at) },
      );
    }
    for (const field of Object.keys(table)) {
      if (PORT_FIELDS.includes(field)) continue;
      throw new ConfigError(
        `Cannot set "${field}" in a port: a port has port, host, proto and ipv alone; ` +
          `put other options above the first [[port]]`,
        { option: key, place: placeOf([...at, field]) },
      );
    }
  }
}
