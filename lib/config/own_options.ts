/**
 * The program's own options, as it declares them.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { parseTyped } from "./kinds.ts";
import { findOption, type OwnOptions } from "./options.ts";

/** Checks what a program declares as its own options, defaults included. @throws {ConfigError} */
export function checkOwnOptions(own: OwnOptions): OwnOptions {
  for (const [key, definition] of Object.entries(own)) {
    const fail = (reason: string, remedy: string) =>
      new ConfigError(`Cannot use the program's option "${key}": ${reason}; ${remedy}`, {
        option: key,
        place: { source: "code" },
      });
    if (!/^\w+$/.test(key)) throw fail("its name has other than letters, digits and _", "rename it");
    if (findOption(key) !== undefined) throw fail("Tine has an option of that name", "rename it");
    if (definition.kind === "enum" && !definition.values?.length) {
      throw fail("it is an enum without values", "give it values");
    }
    const { default: byDefault, multi } = definition;
    if (multi && byDefault !== undefined && !Array.isArray(byDefault)) {
      throw fail("its default is not a list", "give a list, since it is repeatable");
    }
    for (
      const value of byDefault === undefined ? [] : multi ? byDefault as readonly unknown[] : [byDefault]
    ) {
      const parsed = parseTyped(definition, value);
      if ("reason" in parsed) throw fail(`of its default, ${parsed.reason}`, `give ${parsed.wanted}`);
    }
  }
  return own;
}
