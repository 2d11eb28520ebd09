/**
 * Rule `no-timers`: one waits for an event, not for a while.
 *
 * A fixed sleep is too long on a fast machine and too short on a slow one. Pure parts get the clock passed in, tests
 * wait with `until(condition, deadline)`, and the files named here are where the clock comes from.
 *
 * @module
 */

import { isForeignMember, isImportedName, isKey } from "./keys.ts";
import { isIn, placeOf } from "./place.ts";

const ALLOWED: readonly string[] = [
  "lib/client/yield.ts",
  "lib/process/alarm.ts",
  "lib/runtime/",
  "tests/support/until.ts",
  "scripts/",
  "examples/",
];
const TIMERS: ReadonlySet<string> = new Set(["setTimeout", "setInterval"]);
const MODULES: ReadonlySet<unknown> = new Set([
  "node:timers",
  "node:timers/promises",
  "timers",
  "timers/promises",
]);
const HINT =
  "Wait for an event, take the clock as an argument, or in a test use until() of tests/support/until.ts";

export const noTimers: Deno.lint.Rule = {
  create(context) {
    if (isIn(placeOf(context.filename), ALLOWED)) return {};
    return {
      Identifier(node) {
        if (!TIMERS.has(node.name) || isKey(node) || isForeignMember(node) || isImportedName(node)) return;
        context.report({
          node,
          message: `\`${node.name}\` is used outside the files that own the clock`,
          hint: HINT,
        });
      },
      ImportDeclaration(node) {
        if (!MODULES.has(node.source.value)) return;
        context.report({
          node,
          message: "Timers are imported outside the files that own the clock",
          hint: HINT,
        });
      },
    };
  },
};
