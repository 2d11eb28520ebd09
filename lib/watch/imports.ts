/**
 * What the text of a module names as its imports. It is read without being understood: a name too many, in a comment or a
 * text, is a file that is looked at in vain.
 *
 * @module
 */

/** `from "x"`, `import "x"`, `import("x")`, `require("x")`. */
const IMPORT = /\b(?:from|import|require)\s*(?:\(\s*)?(["'`])([^"'`\\\n$]+)\1/g;
/** `new URL("x.ts", import.meta.url)`: a worker. What is no module may be a file that the program writes. */
const BESIDE = /\bURL\(\s*(["'`])([^"'`\\\n$]+\.[mc]?[jt]sx?)\1\s*,\s*import\.meta\.url/g;

/** The specifiers in the text of a module, each once. Pure. */
export function importsIn(text: string): readonly string[] {
  const found = new Set<string>();
  for (const pattern of [IMPORT, BESIDE]) {
    for (const [, , specifier] of text.matchAll(pattern)) found.add(specifier as string);
  }
  return [...found];
}
