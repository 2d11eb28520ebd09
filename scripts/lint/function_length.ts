/**
 * Rule `function-length`: a function fits on one screen.
 *
 * @module
 */

import { isIn, placeOf, SHIPPED } from "./place.ts";

/** The most lines that a function may have, its signature and closing brace included. */
export const MAX_FUNCTION_LINES = 60;

/** How many lines a piece of source text covers. */
function countLines(text: string): number {
  return text.split("\n").length;
}

export const functionLength: Deno.lint.Rule = {
  create(context) {
    if (!isIn(placeOf(context.filename), SHIPPED)) return {};
    const check = (node: Deno.lint.Node) => {
      const lines = countLines(context.sourceCode.getText(node));
      if (lines <= MAX_FUNCTION_LINES) return;
      context.report({
        node,
        message: `A function has ${lines} lines; ${MAX_FUNCTION_LINES} is the most`,
        hint: "Give the steps names, as functions of their own",
      });
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
  },
};
