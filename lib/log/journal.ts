/**
 * Stderr under systemd: the journal takes it line by line, each with a priority before it (sd-daemon(3)).
 *
 * @module
 */

import { levelOf } from "./line_format.ts";

const STDERR = 2;

interface FileSystem {
  statSync(path: string, options: { bigint: true }): { dev: bigint; ino: bigint };
}

/** Loaded only where the journal has left its mark: the module costs a child much on Deno. */
function nodeFs(): FileSystem {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: "node:fs"): FileSystem };
  };
  return process.getBuiltinModule("node:fs");
}

/**
 * Whether a descriptor leads to the journal: `JOURNAL_STREAM` names the device and inode of what systemd connected, and
 * is inherited by programs whose stderr was redirected since (systemd.exec(5)).
 */
export function isJournal(
  env: Readonly<Record<string, string | undefined>>,
  fd: number = STDERR,
): boolean {
  const found = /^(\d+):(\d+)$/.exec(env["JOURNAL_STREAM"] ?? "");
  if (found === null) return false;
  try {
    // Other than fstat of node:fs, this knows descriptors that the runtime did not open.
    const { dev, ino } = nodeFs().statSync(`/proc/self/fd/${fd}`, { bigint: true });
    return `${dev}` === found[1] && `${ino}` === found[2];
  } catch {
    return false; // closed, or a system without /proc, which has no journal either
  }
}

/** `<3>` for level 0 to `<7>` for level 4: what stands before each line. */
export function journalPrefix(level: number): string {
  return `<${levelOf(level).priority}>`;
}
