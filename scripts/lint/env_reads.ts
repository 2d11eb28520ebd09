/**
 * Rule `env-reads`: the environment is read where configuration, roles and inherited descriptors are worked out.
 *
 * Elsewhere a hidden input would make two equal calls differ, and tempt one to behave differently under test.
 *
 * @module
 */

import { isIn, placeOf, SHIPPED } from "./place.ts";

const ALLOWED: readonly string[] = [
  "lib/server/",
  "lib/os/command_line.ts",
  "lib/restart/reexec.ts",
  "lib/process/self_spawn.ts",
  "lib/config/",
  "lib/cli/",
  "lib/runtime/",
  "lib/daemon/",
];
const MESSAGE = "The environment is read outside the files that may";
const HINT = "Take the value as an argument";

/** `process`, `import.meta`, `Deno`, `Bun`, or `globalThis.process` and its like. */
function ownsEnvironment(object: Deno.lint.Node): boolean {
  if (object.type === "MetaProperty") return true;
  if (object.type === "Identifier") return ["process", "Deno", "Bun"].includes(object.name);
  return object.type === "MemberExpression" && object.property.type === "Identifier" &&
    ["process", "Deno", "Bun"].includes(object.property.name);
}

export const envReads: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!isIn(place, SHIPPED) || isIn(place, ALLOWED)) return {};
    return {
      MemberExpression(node) {
        const { object, property } = node;
        const name = property.type === "Identifier"
          ? property.name
          : property.type === "Literal"
          ? property.value
          : "";
        if (name === "env" && ownsEnvironment(object)) context.report({ node, message: MESSAGE, hint: HINT });
      },
      ImportDeclaration(node) {
        if (node.source.value !== "node:process" && node.source.value !== "process") return;
        for (const specifier of node.specifiers) {
          if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier") continue;
          if (specifier.imported.name === "env") {
            context.report({ node: specifier, message: MESSAGE, hint: HINT });
          }
        }
      },
    };
  },
};
