/**
 * Rule `error-grammar`: "Cannot <verb> <object>: <why>[; <what to do>]", without a period at the end.
 *
 * Only the words that are written down are looked at, be it in a constant of the same file or in either branch of a
 * choice: a message that starts with a value is left to the table test of messages.
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

/** Functions that give their message back with something in front of it: which of their arguments that is. */
const PREFIXING: ReadonlyMap<string, number> = new Map([["located", 1]]);

/** The constants of a file by their names, to what each was set wherever one of that name is declared. */
type Constants = ReadonlyMap<string, readonly Deno.lint.Node[]>;

/** The expressions that a message may be: more than one where it is chosen. */
function* messagesOf(node: Deno.lint.Node | undefined, constants: Constants): Generator<Deno.lint.Node> {
  switch (node?.type) {
    case "ConditionalExpression":
      yield* messagesOf(node.consequent, constants);
      yield* messagesOf(node.alternate, constants);
      break;
    case "LogicalExpression":
      yield* messagesOf(node.left, constants);
      yield* messagesOf(node.right, constants);
      break;
    case "Identifier":
      // Without the constants, as one may be made of another of its own name.
      for (const value of constants.get(node.name) ?? []) yield* messagesOf(value, new Map());
      break;
    case "CallExpression": {
      const place = node.callee.type === "Identifier" ? PREFIXING.get(node.callee.name) : undefined;
      if (place !== undefined) yield* messagesOf(node.arguments[place], constants);
      break;
    }
    default:
      if (node !== undefined) yield node;
  }
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
    const constants = new Map<string, Deno.lint.Node[]>();
    const errors: Deno.lint.NewExpression[] = [];
    const check = (message: Deno.lint.Node) => {
      const words = wordsOf(message);
      if (words === undefined) return;
      for (const fault of faultsOf(words)) {
        context.report({
          node: message,
          message: fault,
          hint: 'Write "Cannot <verb> <object>: <why>; <what to do>"',
        });
      }
    };
    return {
      VariableDeclarator({ id, init }) {
        if (id.type !== "Identifier" || init === null) return;
        constants.set(id.name, [...constants.get(id.name) ?? [], init]);
      },
      NewExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name.endsWith("Error")) errors.push(node);
      },
      "Program:exit"() {
        const messages = new Set<string>();
        for (const { callee, arguments: given } of errors) {
          // An AggregateError's message comes second.
          const place = callee.type === "Identifier" && callee.name === "AggregateError" ? 1 : 0;
          for (const message of messagesOf(given[place], constants)) {
            // Two errors may have one message, as a constant.
            if (messages.has(`${message.range}`)) continue;
            messages.add(`${message.range}`);
            check(message);
          }
        }
      },
    };
  },
};
