/**
 * What the text of a module names as its imports. It is read without being understood: a name too many, in a comment or a
 * text, is a file that is looked at in vain.
 *
 * @module
 */

/** What may stand between the words. */
const GAP = String.raw`(?:\s|/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*\n)*`;
/** A text in quotes; between backticks, one without values in it. */
const TEXT = String.raw`(?:"([^"\\\n]+)"|'([^'\\\n]+)'|` + "`([^`\\\\\\n$]+)`)";
/** `from "x"`, `import "x"`, `import("x")`, `require("x")`, `import.meta.resolve("x")`. */
const IMPORT = new RegExp(String.raw`\b(?:from|import|require|resolve)${GAP}(?:\(${GAP})?${TEXT}`, "g");
/** `new URL("x.ts", import.meta.url)`: a worker. What is no module may be a file that the program writes. */
const BESIDE = new RegExp(String.raw`\bURL${GAP}\(${GAP}${TEXT}${GAP},${GAP}import\.meta\.url`, "g");
const MODULE = /\.[mc]?[jt]sx?$/;

/** The specifiers in the text of a module, each once. Pure. */
export function importsIn(text: string): readonly string[] {
  const found = new Set<string>();
  for (const pattern of [IMPORT, BESIDE]) {
    for (const [, double, single, back] of text.matchAll(pattern)) {
      const specifier = double ?? single ?? back ?? "";
      if (pattern === IMPORT || MODULE.test(specifier)) found.add(specifier);
    }
  }
  return [...found];
}
