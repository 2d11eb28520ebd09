/**
 * Checks each source against the table and decides which source wins.
 *
 * @module
 */

import { ConfigError, formatPlace, type Place } from "../errors.ts";
import { isSplit, isTurnedOnByName, parseText, parseTyped, typeName, wantedOf } from "./kinds.ts";
import { findOption, optionNames, type OptionRow, type OwnOption, type OwnOptions } from "./options.ts";
import type { RawSource, RawValue } from "./raw.ts";
import { refuseOption, refuseValue } from "./rules.ts";
import { remedyForName } from "./unknown_name.ts";

/** All values that one source gives an option. An option that is not repeatable has one. */
export interface Given {
  /** The values, checked. */
  readonly values: readonly unknown[];
  /** Where each stands. */
  readonly places: readonly Place[];
}

/** What a source gives, by the options' keys. */
export type Checked = ReadonlyMap<string, Given>;

/** The value of an option in an error message: quoted, on one line, cut, and masked if it is secret. */
function quote(definition: OwnOption, value: unknown): string {
  if (definition.secret) return "a secret value";
  if (typeof value === "object" && value !== null) return typeName(value);
  const text = JSON.stringify(String(value));
  return text.length > 80 ? `${text.slice(0, 76)}…"` : text;
}

/**
 * Checks every value of a source, in order.
 *
 * @param source The values.
 * @param own The program's own options.
 * @param ifUnknown What else may be done about a name that is not known.
 * @throws {ConfigError} for the first value that is wrong: an unknown name, a value that is not of its kind or out of
 * range, an option that is not supported, or a second value where one is allowed
 */
export function checkSource(source: RawSource, own: OwnOptions, ifUnknown?: string): Checked {
  const checked = new Map<string, { values: unknown[]; places: Place[] }>();
  for (const raw of source.values) {
    const row = findOption(raw.key);
    const definition = row ?? (Object.hasOwn(own, raw.key) ? own[raw.key] : undefined);
    if (definition === undefined) throw unknownKey(raw, own, ifUnknown);
    const key = row?.key ?? raw.key;
    const refusal = row && refuseOption(row);
    if (refusal) throw refused(`set ${key}`, key, raw.keyPlace ?? raw.place, refusal.reason, refusal.remedy);
    const earlier = checked.get(key);
    if (earlier !== undefined && !definition.multi) {
      const first = formatPlace(earlier.places[0] ?? raw.place);
      throw refused(
        `set ${key} twice`,
        key,
        raw.place,
        `it was set at ${first} already`,
        "remove one of the two",
      );
    }
    const given = earlier ?? { values: [], places: [] };
    for (const [value, place] of elements(raw, definition)) {
      for (const parsed of checkValue(key, definition, row, value, raw, place)) {
        given.values.push(parsed);
        given.places.push(place);
      }
    }
    checked.set(key, given);
  }
  return checked;
}

/** The values of a source whose names are known. */
export function knownOf(source: RawSource, own: OwnOptions): RawSource {
  const isKnown = ({ key }: RawValue) => findOption(key) !== undefined || Object.hasOwn(own, key);
  return { ...source, values: source.values.filter(isKnown) };
}

/** The values of a raw value: the elements of an array, if the option is repeatable. */
function elements(raw: RawValue, definition: OwnOption): [unknown, Place][] {
  if (!definition.multi || !Array.isArray(raw.value)) return [[raw.value, raw.place]];
  return raw.value.map((value, index) => [value, raw.elementPlaces?.[index] ?? raw.place]);
}

function checkValue(
  key: string,
  definition: OwnOption,
  row: OptionRow | undefined,
  value: unknown,
  raw: RawValue,
  place: Place,
): readonly unknown[] {
  if (raw.isImplied && !isTurnedOnByName(definition)) {
    throw refused(`set ${key}`, key, place, "no value follows it", `give ${wantedOf(definition)}`);
  }
  const attempt = `set ${key} to ${quote(definition, value)}`;
  if (raw.form === "toml" && typeof value === "number" && definition.kind === "int") {
    throw refused(attempt, key, place, "it is a float, not a whole number", "write it without a point");
  }
  // An IP version is text with a `*` among its values, and yet everyone writes 4 and 6 as numbers.
  const plain = key === "ipv" && (typeof value === "number" || typeof value === "bigint")
    ? String(value)
    : value;
  const parsed = raw.form === "text" ? parseText(definition, String(plain)) : parseTyped(definition, plain);
  if ("reason" in parsed) throw refused(attempt, key, place, parsed.reason, `give ${parsed.wanted}`);
  const values = isSplit(definition) ? parsed.value as readonly unknown[] : [parsed.value];
  for (const one of row === undefined ? [] : values) {
    const refusal = refuseValue(row as OptionRow, one);
    if (refusal) throw refused(attempt, key, place, refusal.reason, refusal.remedy);
  }
  return values;
}

function refused(attempt: string, option: string, place: Place, reason: string, remedy: string): ConfigError {
  return new ConfigError(`Cannot ${attempt}: ${reason}; ${remedy}`, { option, place });
}

function unknownKey(raw: RawValue, own: OwnOptions, ifUnknown: string | undefined): ConfigError {
  const shown = JSON.stringify(raw.key);
  const known = new Set([...optionNames(), ...Object.keys(own)]);
  const remedy = remedyForName(raw.key, known) ?? "see --help for all options";
  const more = ifUnknown === undefined ? remedy : `${remedy}, or ${ifUnknown}`;
  return refused(`set ${shown}`, raw.key, raw.keyPlace ?? raw.place, "there is no such option", more);
}

/**
 * Net::Server's precedence: of the sources, the first that gives an option at all gives its whole value, so that a
 * list is never made of two sources.
 *
 * @param sources The command line, code, the configuration file and the defaults, in this order.
 */
export function merge(sources: readonly Checked[]): Checked {
  const merged = new Map<string, Given>();
  for (const source of sources) {
    for (const [key, given] of source) {
      if (!merged.has(key)) merged.set(key, given);
    }
  }
  return merged;
}
