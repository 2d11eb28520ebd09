/**
 * The floors of `lib/` as a Mermaid diagram, made from the table that the imports are checked against.
 *
 * @module
 */

import { LAYERS } from "./check_layers.ts";

/** The folders that a folder may import from, those that it reaches through another one of them left out. */
function direct(folder: string): readonly string[] {
  const allowed = LAYERS[folder] ?? [];
  return allowed.filter((one) => !allowed.some((other) => other !== one && LAYERS[other]?.includes(one)));
}

/** How many floors are below a folder. */
function floorOf(folder: string): number {
  const below = LAYERS[folder] ?? [];
  return below.length === 0 ? 0 : 1 + Math.max(...below.map(floorOf));
}

/**
 * The diagram: the highest floor first, each arrow from a folder to one that it imports from.
 *
 * @param exists whether a folder of `lib/` is there yet: floors that are to come are left out
 */
export function floorsDiagram(exists: (folder: string) => boolean): string {
  const folders = Object.keys(LAYERS).filter((folder) => folder === "vocabulary" || exists(folder));
  const shown = (folder: string): readonly string[] =>
    direct(folder).flatMap((below) => folders.includes(below) ? [below] : shown(below));
  const byFloor = folders.toSorted((a, b) => floorOf(b) - floorOf(a));
  const arrows = byFloor.flatMap((folder) =>
    [...new Set(shown(folder))].map((below) => `  ${folder} --> ${below}`)
  );
  return ["```mermaid", "flowchart TD", ...arrows, "```"].join("\n");
}
