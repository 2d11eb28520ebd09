/**
 * A program and its arguments on one line, as a `key value` file has them.
 *
 * @module
 */

/** A quoted part, a backslash and what it protects, or what is neither a blank nor one of these. */
const PART = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|([^\s'"\\]+)/y;

/**
 * Splits a line at whitespace, as a shell does: `'…'` is taken as it stands; in `"…"` and outside of quotes a backslash
 * takes away the meaning of the character behind it. Nothing else has a meaning: no `$`, no `*`, no `|`.
 *
 * @returns The words; undefined if there is none, a quote is not closed, or there is a zero byte.
 */
export function splitWords(line: string): string[] | undefined {
  if (line.includes("\0")) return undefined;
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length;) {
    if (/\s/.test(line[at] as string)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
      continue;
    }
    PART.lastIndex = at;
    const match = PART.exec(line);
    if (match === null) return undefined;
    const [whole, literal, quoted, protectedOne, plain] = match;
    word = (word ?? "") + (literal ?? quoted?.replace(/\\([^])/g, "$1") ?? protectedOne ?? plain);
    at += whole.length;
  }
  if (word !== undefined) words.push(word);
  return words.length === 0 ? undefined : words;
}

/** Words as a line that {@linkcode splitWords} splits into the same words. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`)
    .join(" ");
}
