/**
 * By what a file is known to have changed.
 *
 * @module
 */

import { statSync } from "node:fs";

/** What differs between two states of a file. */
export interface Mark {
  readonly text: string;
  /** When it changed, be it by a write or because another file took its name, in milliseconds since 1970. */
  readonly changedMs: number;
}

/** The mark of a regular file; undefined where there is none. */
export function markOf(path: string): Mark | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return undefined;
    const { ino, size, mtimeMs, ctimeMs } = stat;
    return { text: `${ino} ${size} ${mtimeMs} ${ctimeMs}`, changedMs: ctimeMs };
  } catch {
    return undefined; // it is not there, or in a folder that may not be looked into
  }
}
