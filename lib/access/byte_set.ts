/**
 * Sets of bytes, as a pattern's classes name them. ASCII alone has letters and digits here: addresses and host names
 * are ASCII, and Perl sees the bytes of a host name the same way. Pure.
 *
 * @module
 */

/** Which of the 256 bytes are in: a 1 at their place. */
export type ByteSet = Uint8Array;

/** A set of single bytes and of ranges: `"az09__"` is `a` to `z`, `0` to `9` and `_`. */
function ranges(pairs: string): ByteSet {
  const set = new Uint8Array(256);
  for (let i = 0; i < pairs.length; i += 2) set.fill(1, pairs.charCodeAt(i), pairs.charCodeAt(i + 1) + 1);
  return set;
}

/** A set without any byte. */
export function noBytes(): ByteSet {
  return new Uint8Array(256);
}

/** All bytes that are not in `set`. */
export function complement(set: ByteSet): ByteSet {
  return set.map((bit) => 1 - bit);
}

/** Puts all of `more` into `set`. */
export function addAll(set: ByteSet, more: ByteSet): void {
  for (let i = 0; i < 256; i++) if (more[i]) set[i] = 1;
}

/** Puts the other case of each letter in `set` into it. */
export function addOtherCase(set: ByteSet): void {
  for (let upper = 65; upper <= 90; upper++) {
    if (set[upper] || set[upper + 32]) set[upper] = set[upper + 32] = 1;
  }
}

/** The classes of perlrecharclass that are written in brackets: `[:alpha:]`. */
export const POSIX_CLASSES: Readonly<Record<string, ByteSet>> = {
  alnum: ranges("azAZ09"),
  alpha: ranges("azAZ"),
  ascii: ranges("\x00\x7f"),
  blank: ranges("  \t\t"),
  cntrl: ranges("\x00\x1f\x7f\x7f"),
  digit: ranges("09"),
  graph: ranges("!~"),
  lower: ranges("az"),
  print: ranges(" ~"),
  punct: ranges("!/:@[`{~"),
  space: ranges("\t\r  "),
  upper: ranges("AZ"),
  word: ranges("azAZ09__"),
  xdigit: ranges("afAF09"),
};

const DIGIT = ranges("09");
const SPACE = ranges("\t\r  ");
const WORD = ranges("azAZ09__");
// `\h` and `\v` know Unicode's whitespace and ends of line even in bytes.
const BLANK = ranges("  \t\t\xa0\xa0");
const VERTICAL = ranges("\n\r\x85\x85");

/** The classes that are written with a letter: `\d`. */
export const ESCAPED_CLASSES: Readonly<Record<string, ByteSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  s: SPACE,
  S: complement(SPACE),
  w: WORD,
  W: complement(WORD),
  h: BLANK,
  H: complement(BLANK),
  v: VERTICAL,
  V: complement(VERTICAL),
  N: complement(ranges("\n\n")),
};

/** What `.` matches, with `(?s)` and without. */
export const ANY: { readonly withNewline: ByteSet; readonly withoutNewline: ByteSet } = {
  withNewline: ranges("\x00\xff"),
  withoutNewline: complement(ranges("\n\n")),
};

/** Whether a byte is a letter, a digit or `_`; -1, where there is none, is not. */
export function isWordByte(byte: number): boolean {
  return WORD[byte] === 1;
}
