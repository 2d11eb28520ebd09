/**
 * The type of the options, with what the table says of each: editors show it where a program sets one.
 *
 * @module
 */

import { defaultOf, rangeOf, wrap } from "../lib/config/describe.ts";
import { camelCase, type OptionRow, OPTIONS } from "../lib/config/options.ts";

const HEAD = `// deno-fmt-ignore-file

/**
 * The options in force. Generated: \`deno run -A scripts/docs.ts\` writes it from lib/config/options.ts.
 *
 * @module
 */

import type { OwnOptions, OwnValues, PortEntry } from "./options.ts";

/** The options in force, by their camelCase names, and the program's own. Frozen. */
export interface Config<Own extends OwnOptions = OwnOptions> {
`;

const TAIL = `  /** The values of the program's own options, by their own names. */
  readonly own: OwnValues<Own>;
}
`;

/** How wide a line of a comment may be. */
const WIDTH = 105;

/** The type of one value. */
function typeOfOne({ kind, values = [] }: OptionRow): string {
  switch (kind) {
    case "int":
    case "seconds":
      return "number";
    case "bool":
      return "boolean";
    case "enum":
      return values.map((value) => JSON.stringify(value)).join(" | ");
    case "ports":
      return "PortEntry";
    case "watched":
      return "boolean | string";
    default:
      return "string";
  }
}

function typeOf(row: OptionRow): string {
  const one = typeOfOne(row);
  if (!row.multi) return one;
  return `readonly ${one.includes(" ") ? `(${one})` : one}[]`;
}

/** What a field is: help, unit, limits and default. */
function comment(row: OptionRow): string {
  const { kind, help, key } = row;
  const range = rangeOf(row);
  const fallback = row.default === undefined ? defaultOf(row) : row.defaultText ?? `\`${defaultOf(row)}\``;
  const unit = kind === "seconds" && !/seconds/i.test(help) ? " In seconds." : "";
  const text = `${help}${unit}${
    range === "" ? "" : ` ${range}.`
  } Default: ${fallback}. The option \`${key}\`.`;
  return ["  /**", ...wrap(text, WIDTH).map((line) => `   * ${line}`), "   */"].join("\n");
}

/** The text of lib/config/config_fields.ts. */
export function configSource(): string {
  const rows = (OPTIONS as readonly OptionRow[]).filter(({ status }) => status === "supported");
  const fields = rows.map((row) => {
    const mark = row.default === undefined ? "?" : "";
    return `${comment(row)}\n  readonly ${camelCase(row.key)}${mark}: ${typeOf(row)};\n`;
  });
  return HEAD + fields.join("") + TAIL;
}
