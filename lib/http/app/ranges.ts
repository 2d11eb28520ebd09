/**
 * The parts of a file that a client asks for (RFC 9110 §14). Pure.
 *
 * @module
 */

/** The most parts of one answer: who wants more gets the whole. */
const MOST_PARTS = 50;

/** A part: its first byte, and the one behind its last. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

function partOf(text: string, size: number): Part | "none" | "malformed" {
  const [, first, last] = /^[ \t]*(\d*)-(\d*)[ \t]*$/.exec(text) ?? [];
  if (first === undefined || last === undefined || first === "" && last === "") return "malformed";
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "none" : { from: size - count, to: size };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "malformed";
  if (from >= size) return "none";
  return { from, to: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/**
 * The parts that the field `Range` names.
 *
 * @returns Undefined where the whole is to be sent: without the field, where it is malformed or of another unit, and where
 * the parts together are more than the whole. An empty list where there is none of them.
 */
export function partsIn(field: string | null, size: number): readonly Part[] | undefined {
  const [, list] = /^bytes[ \t]*=(.*)$/i.exec(field ?? "") ?? [];
  if (list === undefined) return undefined;
  const parts: Part[] = [];
  let total = 0;
  const texts = list.split(",").filter((text) => text.trim() !== "");
  if (texts.length === 0 || texts.length > MOST_PARTS) return undefined;
  for (const text of texts) {
    const part = partOf(text, size);
    if (part === "malformed") return undefined;
    if (part === "none") continue;
    parts.push(part);
    total += part.to - part.from;
  }
  // Parts that overlap would let a client have much made of little.
  return parts.length > 1 && total > size ? undefined : parts;
}
