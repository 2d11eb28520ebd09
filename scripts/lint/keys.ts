/**
 * Tells a name that is used from one that is a mere key, as in `{ setTimeout: 1 }` or `socket.setTimeout(5)`.
 *
 * @module
 */

/** Two nodes of one file are the same if they lie at the same place: the linter makes a new object for each look. */
function isSame(a: Deno.lint.Node, b: Deno.lint.Node): boolean {
  return a.range[0] === b.range[0] && a.range[1] === b.range[1];
}

/** Is this the key of a property or method in an object, an interface or a class? A shorthand's key is a use too. */
export function isKey(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node;
  switch (parent.type) {
    case "Property":
      return !parent.shorthand && !parent.computed && isSame(parent.key, node);
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return !parent.computed && isSame(parent.key, node);
    default:
      return false;
  }
}

/** Is this `name` in `object.name`, where `object` is not the global one? */
export function isForeignMember(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node;
  if (parent.type !== "MemberExpression" || parent.computed || !isSame(parent.property, node)) return false;
  return parent.object.type !== "Identifier" || parent.object.name !== "globalThis";
}

/** Is this the name that an import or export is renamed from or to? The declaration itself is looked at instead. */
export function isImportedName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node;
  return parent.type === "ImportSpecifier";
}
