/**
 * What every source of configuration is read into before the table is asked: names, values and places.
 *
 * @module
 */

import type { Place } from "../errors.ts";

/** One value as a source gave it. */
export interface RawValue {
  /** The option's name as it was written, without a leading `--`. */
  readonly key: string;
  /** The value: a string if `form` is `text`. */
  readonly value: unknown;
  /** `text`: a command line or a `key value` file, where all is text. TOML and code have types. */
  readonly form: "text" | "toml" | "code";
  /** Where the value stands. */
  readonly place: Place;
  /** Where the name stands, if that is another place. */
  readonly keyPlace?: Place;
  /** Whether only the name was written, which means 1 as for Net::Server. */
  readonly isImplied?: true;
  /** If the value is an array: where each of its elements stands. */
  readonly elementPlaces?: readonly Place[];
}

/** All values of one source, in their order. */
export interface RawSource {
  /** The values. */
  readonly values: readonly RawValue[];
  /** Remarks on what was skipped or read otherwise than one may have meant. */
  readonly notes: readonly string[];
}

/**
 * Replaces `%` and one hexadecimal digit by the character of that number, as Net::Server's `process_args` does with
 * every value (its pattern takes one digit, so `%20` is character 2 and a `0`).
 */
export function decodePercent(text: string): string {
  return text.replace(/%([A-F0-9])/gi, (_, digit: string) => String.fromCharCode(parseInt(digit, 16)));
}

/** Whether {@linkcode decodePercent} would change a text. */
export function hasPercent(text: string): boolean {
  return /%[A-F0-9]/i.test(text);
}
