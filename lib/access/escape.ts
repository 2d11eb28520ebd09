/**
 * Escapes that name one byte: `\.`, `\t`, `\x2e`, `\056`. Pure.
 *
 * @module
 */

import { Refused } from "./refused.ts";

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13, e: 27, a: 7 };

/** The byte that the escape at `at` names, and the place behind it. @throws {Refused} */
export function readByteEscape(text: string, at: number): { byte: number; end: number } {
  const letter = text[at + 1];
  if (letter === undefined) throw new Refused("it ends in a backslash", at);
  const control = CONTROLS[letter];
  if (control !== undefined) return { byte: control, end: at + 2 };
  const found = /^\\(?:x([0-9a-fA-F]{1,2})|x\{([0-9a-fA-F]{1,2})\}|(0[0-7]{0,2})|c([A-Z]))/.exec(
    text.slice(at, at + 6),
  );
  if (found !== null) {
    const [whole, short, braced, octal, letterOfControl] = found;
    const hex = short ?? braced;
    const byte = hex !== undefined
      ? parseInt(hex, 16)
      : octal !== undefined
      ? parseInt(octal, 8)
      : (letterOfControl as string).charCodeAt(0) - 64;
    return { byte, end: at + whole.length };
  }
  // Letters and digits mean something to Perl, or may do so one day; everything else stands for itself.
  if (/[A-Za-z0-9]/.test(letter)) throw new Refused(`\\${letter} is not known here`, at);
  const byte = letter.charCodeAt(0);
  if (byte > 127) throw new Refused(`${letter} is not ASCII`, at + 1);
  return { byte, end: at + 2 };
}
