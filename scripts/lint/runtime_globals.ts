/**
 * Rule `runtime-globals`: `Deno`, `Bun` and `bun:*` are named in `lib/runtime/` only.
 *
 * The adapter is the one place that knows on which runtime the program runs, so that the rest can be read, and
 * tested, without asking.
 *
 * @module
 */

import { isKey } from "./keys.ts";
import { isIn, placeOf } from "./place.ts";

const ALLOWED: readonly string[] = ["lib/runtime/", "scripts/", "tests/scripts/"];
const GLOBALS: ReadonlySet<string> = new Set(["Deno", "Bun"]);
const HINT = "Add a member to the interface in lib/runtime/runtime.ts, or use one that is there";

export const runtimeGlobals: Deno.lint.Rule = {
  create(context) {
    if (isIn(placeOf(context.filename), ALLOWED)) return {};
    const checkSource = (source: Deno.lint.Node | null) => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      if (source.value !== "bun" && !source.value.startsWith("bun:")) return;
      context.report({
        node: source,
        message: `"${source.value}" is imported outside lib/runtime/`,
        hint: HINT,
      });
    };
    return {
      Identifier(node) {
        if (!GLOBALS.has(node.name) || isKey(node)) return;
        context.report({ node, message: `\`${node.name}\` is named outside lib/runtime/`, hint: HINT });
      },
      ImportDeclaration: (node) => checkSource(node.source),
      ExportNamedDeclaration: (node) => checkSource(node.source),
      ExportAllDeclaration: (node) => checkSource(node.source),
      ImportExpression: (node) => checkSource(node.source),
    };
  },
};
