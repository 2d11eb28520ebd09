/**
 * Entries of the option `port` as TOML and code have them: a number, text, or a table.
 *
 * @module
 */

import type { PortEntry } from "./options.ts";

const PORT_FIELDS = ["port", "host", "proto", "ipv"];

/** Whether a value is a whole number, as TOML or code has it. */
export function isInteger(value: unknown): boolean {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

/** One entry, its numbers as text; undefined if it is none. */
export function portEntry(value: unknown): PortEntry | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (isInteger(value)) return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const table: Record<string, string> = {};
  for (const [field, given] of Object.entries(value)) {
    if (given === undefined) continue;
    const numeric = field === "port" || field === "ipv";
    if (!PORT_FIELDS.includes(field)) return undefined;
    if (!(typeof given === "string" && given !== "") && !(numeric && isInteger(given))) return undefined;
    table[field] = String(given);
  }
  return table["port"] === undefined ? undefined : table as unknown as PortEntry;
}
