/**
 * Rule `error-grammar`: "Cannot <verb> <object>: <why>[; <what to do>]", without a period at the end.
 *
 * Only the words that are written down are looked at: a message that starts with a value is left to the table test of
 * messages.
 *
 * @module
 */

import { isIn, placeOf } from "./place.ts";

/** With what a message may start. */
const HEADS: readonly string[] = ["Cannot ", "Unknown ", "Missing ", "Expected "];
const CONTRACTION = /\b(?:can't|won't|isn't|aren't|doesn't|don't|didn't|couldn't|wasn't|hasn't|haven't)\b/i;

interface Words {
  /** The text before the first value; undefined where the message starts with a value. */
  readonly head: string | undefined;
  /** The text after the last value; undefined where it ends with a value. */
  readonly tail: string | undefined;
  /** All that is text. */
  readonly all: string;
}

/** What can be read of a message in the source; undefined where it is computed. */
function wordsOf(node: Deno.lint.Node | undefined): Words | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") {
    return { head: node.value, tail: node.value, all: node.value };
  }
  if (node?.type === "TemplateLiteral") {
    const texts = node.quasis.map((quasi) => quasi.cooked);
    return { head: texts[0] || undefined, tail: texts.at(-1) || undefined, all: texts.join("…") };
  }
  if (node?.type !== "BinaryExpression" || node.operator !== "+") return undefined;
  const left = wordsOf(node.left);
  const right = wordsOf(node.right);
  return { head: left?.head, tail: right?.tail, all: `${left?.all ?? ""}…${right?.all ?? ""}` };
}

/** What is wrong with a message, one sentence a fault. */
function* faultsOf(words: Words): Generator<string> {
  if (words.head !== undefined && !HEADS.some((head) => words.head?.startsWith(head))) {
    yield `An error's message starts with ${HEADS.map((head) => `"${head.trim()}"`).join(", ")}`;
  }
  if (words.tail !== undefined && /[.!]\s*$/.test(words.tail) && !words.tail.endsWith("...")) {
    yield "An error's message ends without a period";
  }
  if (CONTRACTION.test(words.all)) yield "An error's message has no contraction";
}

export const errorGrammar: Deno.lint.Rule = {
  create(context) {
    if (!isIn(placeOf(context.filename), ["lib/"])) return {};
    return {
      NewExpression(node) {
        if (node.callee.type !== "Identifier" || !node.callee.name.endsWith("Error")) return;
        // An AggregateError's message comes second.
        const message = node.arguments[node.callee.name === "AggregateError" ? 1 : 0];
        const words = wordsOf(message);
        if (message === undefined || words === undefined) return;
        for (const fault of faultsOf(words)) {
          context.report({
            node: message,
            message: fault,
            hint: 'Write "Cannot <verb> <object>: <why>; <what to do>"',
          });
        }
      },
    };
  },
};
