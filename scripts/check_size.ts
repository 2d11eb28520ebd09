/**
 * Keeps files short and their names telling.
 *
 * No file in `lib/` has more than 300 lines, tables exempt by name; no file has a name that says nothing. (That no
 * function has more than 60 lines is a rule of `scripts/lint_plugin.ts`, which has the syntax tree.)
 *
 * Run: `deno run -A scripts/check_size.ts`
 *
 * @module
 */

import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";

/** The most lines that a file in `lib/` may have. */
export const MAX_FILE_LINES = 300;

/** Tables, which are as long as what they list: one row an option, a call, a constant. */
const TABLES: readonly string[] = [
  "lib/config/config_fields.ts",
  "lib/config/options.ts",
  "lib/http/app/content_types.ts",
  "lib/kernel_constants.ts",
  "lib/os/calls.ts",
  "lib/os/errno.ts",
];

/** Names that fit any file, and so say nothing about one. */
const EMPTY_NAMES: readonly string[] = ["util", "utils", "helper", "helpers", "common", "misc", "types"];

/** A file by its path from the project's root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What is wrong with a file's length or name, one sentence a fault. */
export function faultsOf({ path, text }: SourceFile): string[] {
  const faults: string[] = [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (path.startsWith("lib/") && !TABLES.includes(path) && lines > MAX_FILE_LINES) {
    faults.push(
      `${path} has ${lines} lines; ${MAX_FILE_LINES} is the most: give a part of it a file of its own`,
    );
  }
  const name = basename(path).replace(/(_test|\.d)?\.[a-z]+$/, "");
  if (EMPTY_NAMES.includes(name)) {
    faults.push(`${path} has a name that says nothing: name it after its main export`);
  }
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    faults.push(`${path} is not named in snake_case`);
  }
  return faults;
}

/** The project's TypeScript files. */
function readSources(root: string): SourceFile[] {
  return globSync(["*.ts", "{lib,examples,tests,scripts}/**/*.ts"], { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, "utf8") }));
}

if (import.meta.main) {
  const sources = readSources(new URL("..", import.meta.url).pathname);
  const faults = sources.flatMap(faultsOf);
  for (const fault of faults) console.error(fault);
  console.log(`${sources.length} files, ${faults.length} faults`);
  if (faults.length > 0) process.exitCode = 1;
}
