/**
 * Makes what the benchmark runs: the C programs, and Tine as one executable where a compiler is to be had.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";

/** The repository's root. */
export const ROOT = join(import.meta.dirname ?? ".", "..", "..");
const HERE = join(ROOT, "scripts", "bench");
const BUILD_DEADLINE_MS = 120_000;

/** A C compiler on this machine, if any. */
export function findCompiler(): string | undefined {
  return [process.env["CC"], "cc", "gcc", "clang"].find((name) => name && isOnPath(name));
}

/** Compiles `<name>.c`, which is beside this file, into `folder`. Returns the program's path. */
export function compileC(compiler: string, name: string, folder: string): string {
  const program = join(folder, name);
  execFileSync(compiler, ["-O2", "-o", program, join(HERE, `${name}.c`)], { stdio: "inherit" });
  return program;
}

/**
 * The runtime's own executable. What is on the PATH may be a package manager's wrapper, whose start-up time and
 * memory are not the runtime's; so the runtime is asked.
 *
 * @returns `undefined` where it is not installed.
 */
export function findRuntime(name: "deno" | "bun"): string | undefined {
  if (!isOnPath(name)) return undefined;
  const evaluate = name === "deno" ? ["eval"] : ["-e"];
  return execFileSync(name, [...evaluate, "console.log(process.execPath)"], { encoding: "utf8" }).trim();
}

/**
 * Builds Tine as one executable in `folder`, from what the repository holds now (one in `dist/` may be older), and by
 * the project's own script, so that what is measured is what is shipped.
 *
 * @returns Its path, or why there is none: Deno, for one, has to fetch a base binary for it.
 */
export function buildTine(
  deno: string,
  kind: "deno" | "bun",
  folder: string,
): { path: string } | { missing: string } {
  const script = join(ROOT, "scripts", "compile.ts");
  const path = join(folder, `tine-${kind}`);
  const { status, stderr, error } = spawnSync(deno, ["run", "-A", script, kind, "--out", path], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: BUILD_DEADLINE_MS,
  });
  if (status === 0 && existsSync(path)) return { path };
  return {
    missing: error?.message ?? (stripVTControlCharacters(stderr).trim() || `status ${status}, no ${path}`),
  };
}

/**
 * Builds the code of the package, as npm would get it.
 *
 * @returns The path of its command line for the runtime, or why there is none.
 */
export function buildPackage(deno: string, kind: "deno" | "bun"): { path: string } | { missing: string } {
  const script = join(ROOT, "scripts", "build_package.ts");
  const path = join(ROOT, "dist", "js", kind, "cli.js");
  const { status, stderr, error } = spawnSync(deno, ["run", "-A", "--no-check", script], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: BUILD_DEADLINE_MS,
  });
  if (status === 0 && existsSync(path)) return { path };
  return { missing: error?.message ?? stripVTControlCharacters(stderr).trim() };
}

function isOnPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}
