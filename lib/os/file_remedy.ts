/**
 * What to do about a file that cannot be created.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname } from "node:path";

/** What to do about the file `path`, which could not be created: the end of an error's message. */
export function remedyForFile(path: string): string {
  const folder = dirname(path);
  return existsSync(folder)
    ? "name a file that this user may write"
    : `create the directory ${folder}, or name another file`;
}
