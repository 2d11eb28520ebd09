/**
 * The files that patterns match.
 *
 * @module
 */

import { glob } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { WatchPlan } from "./watch_plan.ts";

/** The most files that are watched. */
const MOST_FILES = 5000;
/** How long they are looked for, in milliseconds. */
const LONGEST_LOOK_MS = 5000;
/** Folders in which others write. */
const LEFT_OUT = ["node_modules", ".git"];

/** A folder's name, or its entry: the runtimes differ. */
function isLeftOut(entry: string | { readonly name: string }): boolean {
  return LEFT_OUT.includes(basename(typeof entry === "string" ? entry : entry.name));
}

/**
 * The paths of the files that match; folders may be among them.
 *
 * @returns The paths, and whether there may be more.
 */
export async function filesMatching(
  { patterns, written }: Pick<WatchPlan, "patterns" | "written">,
): Promise<{ readonly paths: readonly string[]; readonly areMore: boolean }> {
  const paths = new Set<string>();
  const deadline = performance.now() + LONGEST_LOOK_MS;
  const isOver = () => performance.now() > deadline;
  // Folders in which nothing matches take time too.
  const exclude = (entry: string | { readonly name: string }) => isOver() || isLeftOut(entry);
  for (const { pattern, folder } of patterns) {
    try {
      for await (const name of glob(pattern, { cwd: folder, exclude })) {
        const path = resolve(folder, name);
        if (!path.split("/").some(isLeftOut) && !written.includes(path)) paths.add(path);
        if (paths.size >= MOST_FILES || isOver()) {
          return { paths: [...paths], areMore: true };
        }
      }
    } catch {
      // A folder that may not be read: what was found before it is watched.
    }
  }
  return { paths: [...paths], areMore: isOver() };
}
