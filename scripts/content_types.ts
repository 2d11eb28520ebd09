/**
 * Writes the table of content types (`lib/http/app/content_types.ts`) from the npm package mime, which is installed for
 * that alone: a server that is offline, or has given up its rights, could not load it.
 *
 * Run: `deno run -A scripts/content_types.ts`
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";

/** What of the package is used. */
interface Mime {
  getType(extension: string): string | null;
}

const FOLDER = new URL("../node_modules/mime/", import.meta.url);
/** The file that is written. */
export const CONTENT_TYPES: URL = new URL("../lib/http/app/content_types.ts", import.meta.url);
const WIDTH = 108;

/** Whether the package is there. */
export function isInstalled(): boolean {
  return existsSync(FOLDER);
}

async function load<T>(path: string): Promise<T> {
  return (await import(new URL(path, FOLDER).href)).default as T;
}

function wrap(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1) as string;
    if (line !== "" && line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

/** The text of the file. */
export async function contentTypesSource(): Promise<string> {
  const mime = await load<Mime>("dist/src/index.js");
  const tables = [
    await load<Record<string, string[]>>("dist/types/standard.js"),
    await load<Record<string, string[]>>("dist/types/other.js"),
  ];
  const extensions = tables.flatMap((table) => Object.values(table).flat()).map((name) =>
    name.replace("*", "")
  );
  const byType = new Map<string, string[]>();
  for (const extension of [...new Set(extensions)].toSorted()) {
    const type = mime.getType(extension);
    if (type === null) continue;
    byType.set(type, [...byType.get(type) ?? [], extension]);
  }
  const { version } = JSON.parse(readFileSync(new URL("package.json", FOLDER), "utf8"));
  const words = [...byType].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap((
    [type, names],
  ) => [type, ...names]);
  return `/**
 * Content types by the endings of files' names. Made by scripts/content_types.ts from the npm package mime ${version}, which
 * has them from mime-db (both under the MIT licence). Not to be edited.
 *
 * @module
 */

// A type, which has a slash, and behind it its endings.
const TABLE = \`
${wrap(words)}
\`;

/** The types by ending, without the dot. */
export function readTypes(): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  let type = "";
  for (const word of TABLE.split(/\\s+/)) {
    if (word.includes("/")) type = word;
    else if (word !== "") types.set(word, type);
  }
  return types;
}
`;
}

if (import.meta.main) {
  if (!isInstalled()) {
    process.stderr.write("The npm package mime is not installed; run npm ci\n");
    process.exit(1);
  }
  writeFileSync(fileURLToPath(CONTENT_TYPES), await contentTypesSource());
}
