/**
 * Finds processes that a test job has left behind, by a mark in the environment that all that it starts inherits: servers
 * under test have sessions of their own, so that ending the job's process group does not end them.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** The environment variable with the mark. */
export const MARK = "TEST_JOB";

const POLL_MS = 50;

/** A process that is still there. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended, or is another user's
  }
}

/** The processes with a mark. None where the system has no /proc. */
export function leftoversOf(mark: string): Leftover[] {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return [];
  }
  // Of one that has ended and awaits its parent, the environment is empty.
  return names.filter((name) => read(`/proc/${name}/environ`).split("\0").includes(`${MARK}=${mark}`))
    .map((name) => ({
      pid: Number(name),
      command: read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim(),
    }));
}

/** Kills the processes with a mark. */
export function killLeftovers(mark: string): void {
  for (const { pid } of leftoversOf(mark)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** Waits until none is left with a mark, which may take those a while who end by themselves; gives those that stay. */
export async function awaitNoLeftovers(mark: string, limitMs: number): Promise<Leftover[]> {
  const end = performance.now() + limitMs;
  for (;;) {
    const left = leftoversOf(mark);
    if (left.length === 0 || performance.now() >= end) return left;
    await sleep(POLL_MS);
  }
}
