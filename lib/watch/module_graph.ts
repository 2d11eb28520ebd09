/**
 * The local files that a module is made of: itself, and what it imports from this machine, packages apart.
 *
 * @module
 */

import { existsSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { closeFd } from "../os/descriptor.ts";
import { readStart } from "../os/regular_file.ts";
import { openToLook } from "../os/open_file.ts";
import { runtime } from "../runtime/choose.ts";
import { importsIn } from "./imports.ts";
import { markOf } from "./mark.ts";

/** The most modules that are followed. */
const MOST_MODULES = 2000;
/** How much of a module is read, in bytes: a larger file is data. */
const LONGEST_MODULE = 1 << 20;
/** Tine itself, which is no part of a program. */
const OWN_PLACES = ["../", "../../mod.ts"].map((place) => localPath(place, import.meta.url)).filter((path) =>
  path !== undefined
);
/** What may be left out of the name of a file that is imported. */
const ENDINGS = [".ts", ".tsx", ".mts", ".js", ".mjs", ".jsx", ".json", `${sep}index.ts`, `${sep}index.js`];

function textOf(path: string): string {
  try {
    const fd = openToLook(path);
    try {
      return readStart(fd, LONGEST_MODULE);
    } finally {
      closeFd(fd);
    }
  } catch {
    return ""; // it is not there, or not to be read: the one who imports it is told
  }
}

/** The path that a specifier with a place of its own stands for; undefined if it is none, or none of this machine. */
function localPath(specifier: string, base: string | URL): string | undefined {
  try {
    const url = new URL(specifier, base);
    return url.protocol === "file:" ? fileURLToPath(url) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of what is imported by a name that the runtime's configuration explains, such as an import map. */
function mappedPath(specifier: string, from: string): string | undefined {
  if (runtime.name === "bun" && !isExplained(specifier, dirname(from))) return undefined;
  try {
    const found = runtime.resolveImport(specifier, dirname(from));
    return found.startsWith("/") ? found : localPath(found, pathToFileURL(from));
  } catch {
    return undefined;
  }
}

/** The files in which Bun finds what a name stands for. */
const EXPLAINING = ["tsconfig.json", "jsconfig.json", "package.json"];

/**
 * Whether a file at or above a folder says what `specifier` means, or packages are installed there. Bun would install a
 * package of this name from the network otherwise, be the name in a comment.
 */
function isExplained(specifier: string, folder: string): boolean {
  // What the runtime itself has needs no file to be read.
  if (/^(?:node|bun):/.test(specifier)) return false;
  const [head = ""] = specifier.split("/");
  for (let at = folder;; at = dirname(at)) {
    if (existsSync(join(at, "node_modules"))) return true;
    if (EXPLAINING.some((name) => textOf(join(at, name)).includes(`"${head}`))) return true;
    if (at === dirname(at)) return false;
  }
}

/** Where what a module imports is, or may come to be. */
function placesOf(specifier: string, from: string): readonly string[] {
  const isPlace = /^(?:\.{0,2}\/|file:)/.test(specifier);
  const path = isPlace ? localPath(specifier, pathToFileURL(from)) : mappedPath(specifier, from);
  if (path === undefined) return [];
  if (!isPlace || markOf(path) !== undefined) return [path];
  const others = [...ENDINGS.map((ending) => path + ending), path.replace(/\.(m?)js$/, ".$1ts")];
  const there = others.filter((other) => markOf(other) !== undefined);
  return there.length > 0 ? there : [path, ...others];
}

/** Where the imports of a module are looked up from: Bun follows links. */
function importerOf(path: string): string {
  try {
    return runtime.name === "bun" ? realpathSync(path) : path;
  } catch {
    return path; // removed meanwhile
  }
}

function isPrograms(path: string): boolean {
  return !path.includes(`${sep}node_modules${sep}`) && !OWN_PLACES.some((place) => path.startsWith(place));
}

/**
 * The files of these modules and of what they import, whether there are any or not.
 *
 * @returns The paths, and whether there are more than are followed.
 */
export function localModules(
  entries: readonly string[],
): { readonly paths: readonly string[]; readonly areMore: boolean } {
  const paths = new Set(entries);
  // A Set is walked in the order of insertion, and what is added on the way is walked too.
  for (const path of paths) {
    if (markOf(path) === undefined) continue;
    const from = importerOf(path);
    for (const specifier of importsIn(textOf(path))) {
      for (const place of placesOf(specifier, from)) if (isPrograms(place)) paths.add(place);
    }
    if (paths.size > MOST_MODULES) return { paths: [...paths].slice(0, MOST_MODULES), areMore: true };
  }
  return { paths: [...paths], areMore: false };
}
