/**
 * The TOML parser: the one thing that Tine loads from npm, and only when a TOML file is read.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../errors.ts";

/** What Tine uses of smol-toml. */
export interface TomlParser {
  parse(text: string, options: { integersAsBigInt: true }): Record<string, unknown>;
}

const NAME = "smol-toml";

/** The parser by the form of name that Deno knows. */
export const TOML_PARSER = "npm:smol-toml@1.9.1";

/** Whether this is a parser of a version that tells `1` from `1.0`. */
function isGood(parser: Partial<TomlParser>): parser is TomlParser {
  return parser.parse?.("x = 1", { integersAsBigInt: true })["x"] === 1n;
}

/** The parser that npm, or another package manager, has put into a `node_modules` beside Tine or beside the program. */
async function findInstalled(): Promise<TomlParser | undefined> {
  const { createRequire } = await import("node:module");
  const { existsSync } = await import("node:fs");
  for (const base of [import.meta.url, process.argv[1] ?? ""]) {
    try {
      const require = createRequire(base);
      // Looked for first, since Bun may ask the registry for what is required and not there.
      const folders = require.resolve.paths(NAME) ?? [];
      if (!folders.some((folder) => existsSync(`${folder}/${NAME}`))) continue;
      const parser = require(NAME) as Partial<TomlParser>;
      if (isGood(parser)) return parser;
    } catch {
      // A program from a URL has nothing beside it, and a package may be broken: there are other places.
    }
  }
  return undefined;
}

/**
 * The parser that an executable has within itself, or else that of the registry.
 *
 * Each runtime has its own way to name a package. They are chosen within one import, which Bun's bundler looks through,
 * and Deno does not: it would ask the registry for the parser when a server starts that reads no such file.
 */
async function importByName(): Promise<TomlParser> {
  // Bun's bundler refuses a module that it does not find, but not within a try.
  try {
    return await import(process.versions["bun"] === undefined ? TOML_PARSER : "smol-toml") as TomlParser;
  } catch (cause) {
    throw new ConfigError(
      "Cannot read a TOML file: its parser, the npm package smol-toml 1.9.1, is neither installed beside Tine or the " +
        "program nor available from the registry; run `npm install smol-toml` (for an executable made by deno compile, " +
        `add --include ${TOML_PARSER}), or use a file of "key value" lines`,
      { cause },
    );
  }
}

/** What was loaded. A server reads its configuration again when it may not reach the parser's files any more. */
const loaded: { parser?: TomlParser } = {};

/**
 * Loads the parser: the one that is installed, without asking the registry, if there is one.
 *
 * @throws {ConfigError} if it cannot be loaded
 */
export async function loadTomlParser(): Promise<TomlParser> {
  return loaded.parser ??= await findInstalled() ?? await importByName();
}
