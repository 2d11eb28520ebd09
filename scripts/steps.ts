/**
 * The table of checks that `scripts/ok.ts` runs.
 *
 * @module
 */

import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { type Tally, tallyBun, tallyDeno } from "./tally.ts";

/** One check. */
export interface Step {
  /** What `--only` calls it: a family (`test`), or a family and a member (`test:bun`). */
  readonly name: string;
  /** One sentence for `--list`. */
  readonly about: string;
  /** Program and arguments. Paths that do not exist are left out of `paths`; a step without any is skipped. */
  readonly command: readonly string[];
  /** Arguments that are files or folders of the project. */
  readonly paths: readonly string[];
  /** For test suites, whose files run as processes of their own: how to count their tests. */
  readonly tally?: (output: string) => Tally | undefined;
  /** For tools that warn of what they could not look at and end well all the same: the lines that they may print. */
  readonly mayPrint?: RegExp;
}

/** As Deno has no limit for one test, Bun's of 5 seconds is widened: `tests/support/limits.ts` has the real ones. */
const BUN_TEST_LIMIT_MS = 3_600_000;

const script = (name: string, ...args: string[]): Pick<Step, "command" | "paths"> => ({
  command: ["deno", "run", "-A", "--no-check"],
  paths: [`scripts/${name}`, ...args],
});

export const STEPS: readonly Step[] = [
  {
    name: "fmt",
    about: "all files are formatted (deno fmt)",
    command: ["deno", "fmt", "--check"],
    paths: ["."],
    mayPrint: /^Checked \d+ files?$/,
  },
  {
    name: "lint",
    about: "no lint, by Deno's rules and those of scripts/lint_plugin.ts",
    // Not --quiet: that a file could not be parsed, and so was not looked at, is a warning and no failure.
    command: ["deno", "lint"],
    paths: ["."],
    mayPrint: /^Checked \d+ files?$/,
  },
  {
    name: "check:deno",
    about: "types are right on Deno",
    command: ["deno", "check"],
    paths: ["mod.ts", "cli.ts", "lib", "examples", "tests", "scripts"],
    mayPrint: /^(Check|Download) \S+$/,
  },
  {
    name: "check:bun",
    about: "types are right on Bun (tsc with bun-types)",
    ...script("check_types.ts"),
  },
  {
    name: "doc:lint",
    about: "all that mod.ts exports is documented",
    command: ["deno", "doc", "--lint"],
    paths: ["mod.ts"],
    mayPrint: /^(Checked \d+ files?|Download \S+)$/,
  },
  {
    name: "doc:examples",
    about: "examples in docstrings run",
    command: ["deno", "test", "-A", "--no-check", "--quiet", "--doc", "--permit-no-files"],
    paths: ["mod.ts", "lib"],
  },
  {
    name: "layers",
    about: "imports point one way, and a child loads little",
    ...script("check_layers.ts"),
  },
  {
    name: "size",
    about: "files are short and have telling names",
    ...script("check_size.ts"),
  },
  {
    name: "docs",
    about: "generated pages are up to date",
    ...script("docs.ts", "--check"),
  },
  {
    name: "test:deno",
    about: "the tests pass on Deno",
    command: ["deno", "test", "-A", "--no-check"],
    paths: ["tests"],
    tally: tallyDeno,
  },
  {
    name: "test:bun",
    about: "the tests pass on Bun",
    command: ["bun", "test", `--timeout=${BUN_TEST_LIMIT_MS}`],
    paths: ["tests"],
    tally: tallyBun,
  },
];

/**
 * The steps that `--only` means: `test` is the family, `test:bun` a member of it.
 *
 * @throws {RangeError} if a name means no step
 */
export function selectSteps(names: readonly string[], steps: readonly Step[] = STEPS): readonly Step[] {
  if (names.length === 0) return steps;
  const isMeant = (step: Step, name: string) => step.name === name || step.name.startsWith(`${name}:`);
  for (const name of names) {
    if (steps.some((step) => isMeant(step, name))) continue;
    throw new RangeError(`Cannot run "${name}": there is no such step; see --list`);
  }
  return steps.filter((step) => names.some((name) => isMeant(step, name)));
}

/** Has the path anything to look at? A folder without TypeScript has not. */
function hasContent(root: string, path: string): boolean {
  if (path.startsWith("--") || path.includes(".")) {
    return path.startsWith("--") || existsSync(join(root, path));
  }
  return globSync(`${path}/**/*.ts`, { cwd: root }).length > 0;
}

/** A step's command line in this project; undefined while the project has nothing for it yet. */
export function commandOf(step: Step, root: string): readonly string[] | undefined {
  const [first] = step.paths;
  const isScript = first?.startsWith("scripts/") ?? false;
  const paths = step.paths.filter((path) => hasContent(root, path));
  if (paths.length === 0 || (isScript && paths[0] !== first)) return undefined;
  return [...step.command, ...paths];
}
