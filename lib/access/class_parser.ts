/**
 * Classes in brackets: `[0-9a-f]`, `[^.]`, `[[:alnum:]-]`. Pure.
 *
 * @module
 */

import {
  addAll,
  addOtherCase,
  type ByteSet,
  complement,
  ESCAPED_CLASSES,
  noBytes,
  POSIX_CLASSES,
} from "./byte_set.ts";
import { readByteEscape } from "./escape.ts";
import { Refused } from "./refused.ts";

/** One member of a class: a byte, which may begin a range, or a set. */
interface Member {
  readonly byte?: number;
  readonly set?: ByteSet;
  /** The place behind it. */
  readonly end: number;
}

function readPosix(text: string, at: number, ignoreCase: boolean): Member {
  const found = /^\[:(\^?)([a-z]+):\]/.exec(text.slice(at, at + 12));
  const known = POSIX_CLASSES[found?.[2] ?? ""];
  if (found === null || known === undefined) {
    throw new Refused("[: or [= or [. in a class starts no name of a class", at);
  }
  const set = known.slice();
  // Before it is turned round: [:^upper:] without case is all but letters.
  if (ignoreCase) addOtherCase(set);
  return { set: found[1] === "^" ? complement(set) : set, end: at + found[0].length };
}

function readMember(text: string, at: number, ignoreCase: boolean): Member {
  const char = text[at] as string;
  if (char === "[" && ":=.".includes(text[at + 1] ?? " ")) return readPosix(text, at, ignoreCase);
  if (char === "\\") {
    const letter = text[at + 1] ?? "";
    if (letter === "N") throw new Refused("\\N is not known in a class", at);
    if (letter === "b") return { byte: 8, end: at + 2 };
    const set = ESCAPED_CLASSES[letter];
    return set === undefined ? readByteEscape(text, at) : { set, end: at + 2 };
  }
  const byte = char.charCodeAt(0);
  if (byte > 127) throw new Refused(`${char} is not ASCII`, at);
  return { byte, end: at + 1 };
}

/** The class whose `[` is at `at`, and the place behind its `]`. @throws {Refused} */
export function parseClass(
  text: string,
  start: number,
  { ignoreCase }: { ignoreCase: boolean },
): { set: ByteSet; end: number } {
  const set = noBytes();
  let at = start + 1;
  const isNegated = text[at] === "^";
  if (isNegated) at++;
  const first = at;
  // A `]` at the very beginning is a member.
  while (at === first || text[at] !== "]") {
    if (at >= text.length) throw new Refused("a class is not closed", start);
    const member = readMember(text, at, ignoreCase);
    at = member.end;
    const isRange = text[at] === "-" && at + 1 < text.length && text[at + 1] !== "]";
    if (member.set !== undefined) {
      if (isRange) throw new Refused("a range starts with a class", at);
      addAll(set, member.set);
      continue;
    }
    const low = member.byte as number;
    let high = low;
    if (isRange) {
      const last = readMember(text, at + 1, ignoreCase);
      if (last.byte === undefined) throw new Refused("a range ends with a class", at);
      if (last.byte < low) throw new Refused("a range runs backwards", at);
      high = last.byte;
      at = last.end;
    }
    set.fill(1, low, high + 1);
  }
  if (ignoreCase) addOtherCase(set);
  return { set: isNegated ? complement(set) : set, end: at + 1 };
}
