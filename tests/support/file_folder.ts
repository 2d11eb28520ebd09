/**
 * A folder for all tests of a file.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** Makes a folder that is gone when the tests of the file have ended. Returns its path. */
export function folderOfFile(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Deno does not call an `after` that stands outside of all tests; Bun has no `unload`.
  after(remove);
  globalThis.addEventListener("unload", remove);
  return folder;
}
