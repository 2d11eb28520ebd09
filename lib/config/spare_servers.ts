/**
 * The four numbers of a personality that keeps spare children, from what the sources gave.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import {
  type Contradiction,
  fillNumbers,
  findContradiction,
  NUMBER_KEYS,
  type SpareNumbers,
} from "../personality/spare_numbers.ts";
import type { Checked } from "./precedence.ts";

/**
 * The numbers in force.
 *
 * @param defaults The personality's own.
 * @throws {ConfigError} if two of them contradict each other, at the place of the one that is wrong most likely
 */
export function settleSpareServers(merged: Checked, defaults: SpareNumbers): SpareNumbers {
  const given: { -readonly [K in keyof SpareNumbers]?: number } = {};
  for (const field of Object.keys(NUMBER_KEYS) as (keyof SpareNumbers)[]) {
    const value = merged.get(NUMBER_KEYS[field])?.values[0];
    if (value !== undefined) given[field] = Number(value);
  }
  const numbers = fillNumbers(given, defaults);
  if (numbers.minServers === 0 && numbers.minSpareServers === 0) throw noneWaits(merged);
  const contradiction = findContradiction(numbers);
  if (contradiction !== undefined) throw explain(contradiction, numbers, merged);
  return numbers;
}

function noneWaits(merged: Checked): ConfigError {
  const key = NUMBER_KEYS.minSpareServers;
  const place = merged.get(merged.has(key) ? key : NUMBER_KEYS.maxSpareServers)?.places[0];
  return new ConfigError(
    `Cannot set ${key} to 0: a client is taken by a child that waits for it; give 1 or more`,
    { option: key, ...(place === undefined ? {} : { place }) },
  );
}

function explain(
  { low, high, strictly }: Contradiction,
  numbers: SpareNumbers,
  merged: Checked,
): ConfigError {
  const [lowKey, highKey] = [NUMBER_KEYS[low], NUMBER_KEYS[high]];
  const isGiven = (key: string) => merged.has(key);
  // The one that was given is to be changed; of two, the lower, which the other bounds.
  const key = isGiven(lowKey) ? lowKey : highKey;
  const other = key === lowKey ? highKey : lowKey;
  const value = (name: string) => name === lowKey ? numbers[low] : numbers[high];
  const most = `${strictly ? "less than" : "at most"} ${numbers[high]}`;
  const least = `${strictly ? "more than" : "at least"} ${numbers[low]}`;
  const [rule, remedy] = key === lowKey
    ? [`it must be ${most}`, `lower it, or raise ${other}`]
    : [`it must be ${least}`, `raise it, or lower ${other}`];
  const place = merged.get(key)?.places[0];
  return new ConfigError(
    `Cannot set ${key} to ${value(key)}: ${rule}, which is ${other}${isGiven(other) ? "" : " by default"}; ` +
      remedy,
    { option: key, ...(place === undefined ? {} : { place }) },
  );
}
