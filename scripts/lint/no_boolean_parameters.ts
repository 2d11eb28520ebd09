/**
 * Rule `no-boolean-parameters`: what `lib/` exports takes no bare boolean.
 *
 * `stop(false)` tells a reader nothing; `stop({ graceful: false })` or `stopNow()` does.
 *
 * @module
 */

import { isIn, placeOf } from "./place.ts";

type Callable =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** `boolean`, and unions with it such as `boolean | undefined`. */
function isBooleanType(type: Deno.lint.Node | undefined): boolean {
  if (type === undefined) return false;
  if (type.type === "TSBooleanKeyword") return true;
  return type.type === "TSUnionType" && type.types.some((member) => isBooleanType(member));
}

/** Does the parameter take a boolean, by its type or by its default value? */
function takesBoolean(parameter: Deno.lint.Node): boolean {
  if (parameter.type === "AssignmentPattern") {
    const isBooleanDefault = parameter.right.type === "Literal" && typeof parameter.right.value === "boolean";
    return isBooleanDefault || takesBoolean(parameter.left);
  }
  return parameter.type === "Identifier" && isBooleanType(parameter.typeAnnotation?.typeAnnotation);
}

/** The methods and the constructor that code outside the class can call. A setter's one value is no argument. */
function* publicMethods(body: Deno.lint.ClassBody): Generator<Callable> {
  for (const member of body.body) {
    if (member.type !== "MethodDefinition" || member.kind === "set" || member.kind === "get") continue;
    if (member.accessibility === "private" || member.key.type === "PrivateIdentifier") continue;
    yield member.value as Callable;
  }
}

/** The functions that an exported declaration makes callable. */
function* exportedFunctions(declaration: Deno.lint.Node): Generator<Callable> {
  switch (declaration.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      yield declaration;
      break;
    case "ClassDeclaration":
    case "ClassExpression":
      yield* publicMethods(declaration.body);
      break;
    case "VariableDeclaration":
      for (const { init } of declaration.declarations) if (init) yield* exportedFunctions(init);
  }
}

export const noBooleanParameters: Deno.lint.Rule = {
  create(context) {
    if (!isIn(placeOf(context.filename), ["lib/"])) return {};
    const check = (declaration: Deno.lint.Node | null) => {
      if (declaration === null) return;
      for (const { params } of exportedFunctions(declaration)) {
        for (const parameter of params) {
          // `constructor(private x: boolean)` is refused by the compiler's erasableSyntaxOnly.
          if (parameter.type === "TSParameterProperty") continue;
          if (!takesBoolean(parameter)) continue;
          context.report({
            node: parameter,
            message: "An exported function takes a boolean, which says nothing where it is called",
            hint: "Take an options object, or make two functions",
          });
        }
      }
    };
    return {
      ExportNamedDeclaration: (node) => check(node.declaration),
      ExportDefaultDeclaration: (node) => check(node.declaration),
    };
  },
};
