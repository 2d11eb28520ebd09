/**
 * Rule `no-module-let`: state has one owner, and a module is not one.
 *
 * In `lib/` there is no `let` at a module's top level, and no exported container that an importer could change.
 *
 * @module
 */

import { isIn, placeOf } from "./place.ts";

/** Types whose names promise that one may write into them. */
const MUTABLE_TYPES: ReadonlySet<string> = new Set(["Array", "Map", "Set", "WeakMap", "WeakSet", "Record"]);

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

export const noModuleLet: Deno.lint.Rule = {
  create(context) {
    if (!isIn(placeOf(context.filename), ["lib/"])) return {};
    const checkExported = (declaration: Deno.lint.VariableDeclaration) => {
      for (const { id, init } of declaration.declarations) {
        const type = id.type === "Identifier" ? id.typeAnnotation?.typeAnnotation : undefined;
        const isMutable = type ? isMutableType(type) : init !== null && isBareContainer(init);
        if (!isMutable) continue;
        context.report({
          node: id,
          message: "A container that every importer could change is exported",
          hint: "Give it a readonly type (`readonly T[]`, `ReadonlyMap`, `Readonly<…>`) or `as const`",
        });
      }
    };
    return {
      Program(program) {
        for (const statement of program.body) {
          const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
          if (declaration?.type !== "VariableDeclaration") continue;
          if (declaration.kind === "let" || declaration.kind === "var") {
            context.report({
              node: declaration,
              message: `A module keeps state in a top-level \`${declaration.kind}\``,
              hint: "Put it into an object that has one owner, and hand that object on",
            });
          }
          if (statement.type === "ExportNamedDeclaration") checkExported(declaration);
        }
      },
    };
  },
};
