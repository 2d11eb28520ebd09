/**
 * Texts as words of a shell's command line.
 *
 * @module
 */

/** The text as one word that the shell takes as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
