/**
 * Where a linted file lies in the project, so that a rule can say where it holds.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/** A file's path from the project's root, with forward slashes: `lib/child/child.ts`. */
export function placeOf(filename: string): string {
  const path = filename.startsWith("file:") ? new URL(filename).pathname : filename.replaceAll("\\", "/");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

/**
 * Is the file one of these, or in one of these folders?
 *
 * @param places files (`lib/child/yield.ts`), and folders with their closing slash (`lib/runtime/`)
 */
export function isIn(place: string, places: readonly string[]): boolean {
  return places.some((entry) => entry.endsWith("/") ? place.startsWith(entry) : place === entry);
}

/** Files that a user's server is made of: the library and its two entries. */
export const SHIPPED: readonly string[] = ["lib/", "mod.ts", "cli.ts"];
