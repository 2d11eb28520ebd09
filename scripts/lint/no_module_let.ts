/**
 * Rule `no-module-let`: state has one owner, and a module is not one.
 *
 * In `lib/` there is no `let` at a module's top level, no exported container that an importer could change, and nothing
 * else to write into: no typed array, no map or set that is yet to be filled, and no object of a class.
 *
 * @module
 */

import { isIn, placeOf } from "./place.ts";

/** Types whose names promise that one may write into them. */
const MUTABLE_TYPES: ReadonlySet<string> = new Set(["Array", "Map", "Set", "WeakMap", "WeakSet", "Record"]);

/** Where such state is, and why. */
const ALLOWED: ReadonlyMap<string, string> = new Map([
  ["lib/os/", "room for one synchronous system call: nothing else runs while it is in use"],
  ["lib/runtime/", "the adapter is the process's own: there is one, made when it is loaded"],
  ["lib/connection/input.ts", "room for one read, copied before anything else runs"],
  [
    "lib/connection/stream.ts",
    "room for one write; and how long reads of this process are worth a short wait",
  ],
  ["lib/http/received.ts", "room for one read, copied before anything else runs"],
  ["lib/http/output.ts", "room for one write"],
  ["lib/multiplex/mux_stream.ts", "room for one read, copied before anything else runs"],
  ["lib/log/syslog_socket.ts", "room for what nobody reads"],
]);

/** Classes whose objects keep nothing between two calls, as long as no decoder is given half a text. */
const STATELESS: ReadonlySet<string> = new Set(["TextEncoder", "TextDecoder", "RegExp", "URL"]);

/** `new Map()`, `new Uint8Array(64)`, `new AdaptiveSpin()`: what is there to be written into. */
function isState(node: Deno.lint.Node): boolean {
  if (node.type !== "NewExpression" || node.callee.type !== "Identifier") return false;
  const { callee: { name }, arguments: [first] } = node;
  if (STATELESS.has(name)) return false;
  // A table is filled where it is made.
  if (MUTABLE_TYPES.has(name)) return first === undefined;
  // Nothing can be written into an array of no length.
  return !(/Array$/.test(name) && first?.type === "Literal" && first.value === 0);
}

/** `const` in `x as const`, under any `satisfies`. */
function isConstAssertion(node: Deno.lint.Node): boolean {
  if (node.type === "TSSatisfiesExpression") return isConstAssertion(node.expression);
  if (node.type !== "TSAsExpression") return false;
  const { typeAnnotation } = node;
  return typeAnnotation.type === "TSTypeReference" && typeAnnotation.typeName.type === "Identifier" &&
    typeAnnotation.typeName.name === "const";
}

/** An array, object, map or set that is written down here and not frozen by `as const`. */
function isBareContainer(node: Deno.lint.Node): boolean {
  if (isConstAssertion(node)) return false;
  if (node.type === "TSSatisfiesExpression" || node.type === "TSAsExpression") {
    return isBareContainer(node.expression);
  }
  if (node.type === "ArrayExpression" || node.type === "ObjectExpression") return true;
  return node.type === "NewExpression" && node.callee.type === "Identifier" &&
    MUTABLE_TYPES.has(node.callee.name);
}

/** `T[]`, `Map<…>`, `Record<…>` and their like, as against `readonly T[]`, `ReadonlyMap<…>`, or an interface of ours. */
function isMutableType(type: Deno.lint.Node): boolean {
  if (type.type === "TSArrayType") return true;
  return type.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
    MUTABLE_TYPES.has(type.typeName.name);
}

/** `LIKE_THIS`: what nobody writes into. */
function isConstant(id: Deno.lint.Node): boolean {
  return id.type === "Identifier" && /^[A-Z][A-Z\d_]*$/.test(id.name);
}

/** `ReadonlyMap<…>`, `ReadonlySet<…>`, `Readonly<…>`. */
function isReadonlyType(type: Deno.lint.Node | undefined): boolean {
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
    type.typeName.name.startsWith("Readonly");
}

export const noModuleLet: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!isIn(place, ["lib/"])) return {};
    const mayKeepState = isIn(place, [...ALLOWED.keys()]);
    const check = ({ id, init }: Deno.lint.VariableDeclarator, { isExported }: { isExported: boolean }) => {
      const type = id.type === "Identifier" ? id.typeAnnotation?.typeAnnotation : undefined;
      const isMutable = type ? isMutableType(type) : init !== null && isBareContainer(init);
      if (isExported && isMutable) {
        context.report({
          node: id,
          message: "A container that every importer could change is exported",
          hint: "Give it a readonly type (`readonly T[]`, `ReadonlyMap`, `Readonly<…>`) or `as const`",
        });
      } else if (
        !mayKeepState && init !== null && isState(init) && !isReadonlyType(type) && !isConstant(id)
      ) {
        context.report({
          node: id,
          message: "A module keeps state in an object of its own",
          hint: "Make it where it is used, or hand it on from its one owner",
        });
      }
    };
    return {
      Program(program) {
        for (const statement of program.body) {
          const isExported = statement.type === "ExportNamedDeclaration";
          const declaration = isExported ? statement.declaration : statement;
          if (declaration?.type !== "VariableDeclaration") continue;
          if (declaration.kind === "let" || declaration.kind === "var") {
            context.report({
              node: declaration,
              message: `A module keeps state in a top-level \`${declaration.kind}\``,
              hint: "Put it into an object that has one owner, and hand that object on",
            });
          }
          for (const declarator of declaration.declarations) check(declarator, { isExported });
        }
      },
    };
  },
};
