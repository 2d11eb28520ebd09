/**
 * Where the schema of the TOML file is, for the comment by which an editor finds it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/choose.ts";

const SCHEMA = new URL("../../docs/tine.schema.json", import.meta.url);

/**
 * The path or URL of the schema; undefined where there is none, or none that stays: an executable has no file of it, and
 * an installed package has another place on each machine.
 */
export function schemaPlace(): string | undefined {
  if (runtime.standalone) return undefined;
  if (SCHEMA.protocol !== "file:") return SCHEMA.href;
  const path = fileURLToPath(SCHEMA);
  return !path.includes("/node_modules/") && existsSync(path) ? path : undefined;
}

/** The first line of a TOML file, by which an editor finds the schema. */
export function schemaLine(place: string): string {
  return `#:schema ${place}`;
}
