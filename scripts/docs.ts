/**
 * Writes what is generated from the table of options: docs/OPTIONS.md and docs/tine.schema.json. With `--check` it
 * writes nothing and ends with status 1 if a file is not as it would be written.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { jsonSchema, optionsPage } from "../lib/config/documents.ts";

const FILES: readonly [string, () => string][] = [
  ["docs/OPTIONS.md", optionsPage],
  ["docs/tine.schema.json", jsonSchema],
];

function current(url: URL): string | undefined {
  try {
    return readFileSync(url, "utf8");
  } catch {
    return undefined;
  }
}

const check = process.argv.includes("--check");
let stale = 0;
for (const [path, write] of FILES) {
  const url = new URL(`../${path}`, import.meta.url);
  const text = write();
  if (current(url) === text) continue;
  if (check) {
    console.error(`${path} is not what lib/config/options.ts says; run scripts/docs.ts`);
    stale++;
  } else {
    writeFileSync(url, text);
    console.error(`wrote ${path}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
