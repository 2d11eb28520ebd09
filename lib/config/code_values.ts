/**
 * Options that code gives, as raw values.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { camelCase, optionNames, type PartialConfig } from "./options.ts";
import type { RawSource, RawValue } from "./raw.ts";

/**
 * Reads what code gives: camelCase names, and the program's own options under `own`. A field that is undefined is
 * not given.
 *
 * @param given The options.
 * @param source What messages call the source.
 * @throws {ConfigError} if a name is not known
 */
export function rawFromCode(given: PartialConfig, source: "code" | "defaults"): RawSource {
  const names = new Map(optionNames().map((name) => [camelCase(name), name]));
  const place = { source };
  const values: RawValue[] = [];
  const add = (key: string, value: unknown) => {
    if (value === undefined) return;
    values.push({
      key,
      value,
      form: "code",
      place,
      ...(Array.isArray(value) ? { elementPlaces: value.map(() => place) } : {}),
    });
  };
  for (const [field, value] of Object.entries(given)) {
    if (field === "own") continue;
    const key = names.get(field);
    if (key === undefined) {
      const near = nearest(field, names.keys());
      const remedy = near === undefined
        ? "put the program's own options under own"
        : `the nearest is "${near}"`;
      throw new ConfigError(`Cannot set "${field}": there is no such option; ${remedy}`, {
        option: field,
        place,
      });
    }
    add(key, value);
  }
  for (const [key, value] of Object.entries(given.own ?? {})) add(key, value);
  return { values, notes: [] };
}
