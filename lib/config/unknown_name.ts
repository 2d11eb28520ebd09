/**
 * What to do about a name that is no option's: the nearest one, or what is called so elsewhere.
 *
 * @module
 */

import { nearest } from "./nearest.ts";
import { type OptionRow, OPTIONS } from "./options.ts";

/** The option that other servers call so. */
function calledElsewhere(word: string): string | undefined {
  const plain = word.length === 1 ? word : word.toLowerCase().replaceAll("-", "_");
  return (OPTIONS as readonly OptionRow[]).find(({ elsewhere }) => elsewhere?.includes(plain))?.key;
}

/**
 * What to write in place of `word`, as `the nearest is "port"`; undefined where nothing is like it.
 *
 * @param known The names that there are.
 */
export function remedyForName(word: string, known: ReadonlySet<string>): string | undefined {
  const elsewhere = calledElsewhere(word);
  if (elsewhere !== undefined) return `here it is called "${elsewhere}"`;
  const near = nearest(word, known);
  return near === undefined ? undefined : `the nearest is "${near}"`;
}
