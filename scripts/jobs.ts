/**
 * Cuts steps into jobs, which can run side by side, and puts those that take long first.
 *
 * A check is one job. Of a suite, each slow test file is a job, so that no file waits for another; the quick ones of a
 * folder are one job together, since a runtime's start costs more than they do.
 *
 * @module
 */

import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commandOf, type Step } from "./steps.ts";

/** One process. */
export interface Job {
  readonly step: Step;
  /** What it looks at: a file, `tests/os/ (5 files)`; empty for a check. */
  readonly about: string;
  readonly command: readonly string[];
  /** How many seconds it is expected to take; what nobody knows yet might take for ever, and so starts at once. */
  readonly seconds: number;
  /** Whether nothing else of ours may run meanwhile. */
  readonly isAlone: boolean;
}

/** Folders whose files start servers: each is slow until it has proved to be quick. */
const SLOW_FOLDERS: readonly string[] = ["tests/system/", "tests/examples/", "tests/cli/", "tests/outside/"];

/** Files that measure the whole machine, and why. Best there is none. */
const ALONE: ReadonlyMap<string, string> = new Map();

/** A file that takes less shares its process with the others of its folder. */
const QUICK_SECONDS = 2;

/** How long files took, as `ok.ts --remember` has written it down; it settles the order, and nothing else. */
export type Times = Readonly<Record<string, number>>;

/** The table of times: only files that took long are in it. */
const TIMES_FILE = "scripts/slow_tests.json";

/** The remembered times. */
export function readTimes(root: string): Times {
  return JSON.parse(readFileSync(join(root, TIMES_FILE), "utf8"));
}

/** Remembers times, the longest first, whole seconds: what a run shares with others varies more than a second anyway. */
export function writeTimes(root: string, times: Times): void {
  const rows = Object.entries(times).map(([file, seconds]) => [file, Math.round(seconds)] as const)
    .filter(([file]) => existsSync(join(root, file)))
    .filter(([file, seconds]) => seconds >= QUICK_SECONDS || isInSlowFolder(file))
    .toSorted(([fileA, a], [fileB, b]) => b - a || (fileA < fileB ? -1 : 1));
  writeFileSync(join(root, TIMES_FILE), `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}

function isInSlowFolder(file: string): boolean {
  return SLOW_FOLDERS.some((folder) => file.startsWith(folder));
}

/** The seconds that a file is expected to take; undefined if it is a quick one. */
function secondsOf(file: string, times: Times): number | undefined {
  const seconds = times[file] ?? (isInSlowFolder(file) ? Infinity : 0);
  return seconds < QUICK_SECONDS && !ALONE.has(file) ? undefined : seconds;
}

/** The command that tests these files. Without `./`, Bun looks through all folders for what has that in its name. */
function testing({ command }: Step, files: readonly string[]): string[] {
  return [...command, ...files.map((file) => `./${file}`)];
}

/** The jobs of a suite with these files. */
export function jobsOfSuite(step: Step, files: readonly string[], times: Times): Job[] {
  const jobs: Job[] = [];
  const quick = new Map<string, string[]>();
  for (const file of files.toSorted()) {
    const seconds = secondsOf(file, times);
    if (seconds === undefined) {
      const folder = dirname(file);
      quick.set(folder, [...quick.get(folder) ?? [], file]);
    } else {
      jobs.push({ step, about: file, command: testing(step, [file]), seconds, isAlone: ALONE.has(file) });
    }
  }
  for (const [folder, together] of quick) {
    const about = together.length === 1 ? together[0] as string : `${folder}/ (${together.length} files)`;
    jobs.push({ step, about, command: testing(step, together), seconds: 0, isAlone: false });
  }
  return jobs;
}

/** What is to be run for the steps in this project: checks first, then tests, slow ones first, then what runs alone. */
export function jobsOf(steps: readonly Step[], root: string, times: Times): Job[] {
  const checks: Job[] = [];
  const tests: Job[] = [];
  for (const step of steps) {
    const command = commandOf(step, root);
    if (command === undefined) continue;
    if (step.tally === undefined) checks.push({ step, about: "", command, seconds: 0, isAlone: false });
    else {
      const files = globSync(step.paths.map((folder) => `${folder}/**/*_test.ts`), { cwd: root });
      tests.push(...jobsOfSuite(step, files.map((file) => file.replaceAll("\\", "/")), times));
    }
  }
  // The sort is stable, and what is as slow keeps its order.
  tests.sort((a, b) =>
    Number(a.isAlone) - Number(b.isAlone) || (b.seconds === a.seconds ? 0 : b.seconds - a.seconds)
  );
  return [...checks, ...tests];
}
