/**
 * How this program was started, so that it can be started again.
 *
 * @module
 */

import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { runtime } from "../runtime/choose.ts";
import type { Program } from "./process.ts";

/** The runtime's own flags are to be had from the system only. */
function systemArguments(): readonly string[] | undefined {
  try {
    return readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
  } catch {
    return undefined; // not Linux, or /proc is not mounted
  }
}

/** What can be put together without the system's help: permissions are then granted in full. */
function likelyArguments(): readonly string[] {
  const start = runtime.standalone
    ? []
    : runtime.name === "deno"
    ? ["run", "-A", runtime.mainModule ?? ""]
    : [runtime.mainModule ?? ""];
  return [runtime.executable, ...start, ...process.argv.slice(2)];
}

/** Flags that must not be given twice: a debugger's port is taken by the first who asks. */
function isOncePerMachine(argument: string): boolean {
  return /^--inspect(-brk|-wait)?(=|$)/.test(argument);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // it does not exist
  }
}

/**
 * Where the program lies by the name that it was started with. A link on the way is kept, because one that leads to the
 * present version of a program will lead to the next. /proc/self/exe would not do: it stays with the old file.
 */
function nameOnDisk(): string {
  const [given = ""] = systemArguments() ?? [];
  const candidates = given.includes("/")
    ? [resolve(given)]
    : (process.env["PATH"] ?? "").split(":").map((folder) => join(folder || ".", given)).map((path) =>
      resolve(path)
    );
  const executable = realPath(runtime.executable);
  return candidates.find((path) => executable !== undefined && realPath(path) === executable) ??
    runtime.executable;
}

// Found at the start, because it cannot be any more after the file was replaced.
const programPath = nameOnDisk();

/** This program with its arguments, as it was started, from where it lies on disk. */
export function ownProgram(): Program {
  const all = systemArguments() ?? likelyArguments();
  // What follows is the command line of another program.
  const end = all.includes("--") ? all.indexOf("--") : all.length;
  const argv = all.filter((argument, at) => at > end || !isOncePerMachine(argument));
  return { path: programPath, argv, environment: process.env };
}

const COMMAND_LINE = new URL("../../cli.ts", import.meta.url).href;
const COMMAND_LINES_CHILD = new URL("../cli/child.ts", import.meta.url).href;

/** The URL of a module that is named by URL or by path; undefined if it cannot be one. */
function urlOf(module: string): string | undefined {
  try {
    return /^[a-z]+:/.test(module) ? new URL(module).href : pathToFileURL(module).href;
  } catch {
    return undefined;
  }
}

/** Arguments with the children's own main module in place of `cli.ts`, where there is one. */
function forChildren(argv: readonly string[]): readonly string[] {
  if (runtime.name !== "deno" || runtime.standalone || runtime.mainModule !== COMMAND_LINE) return argv;
  const at = argv.findIndex((argument) => urlOf(argument) === COMMAND_LINE);
  return at < 0 ? argv : argv.with(at, COMMAND_LINES_CHILD);
}

/**
 * This program as it runs, for children: they belong to this version of it, also when a new one lies on disk already.
 *
 * The file of an executable made by Bun is there under this name even after it was replaced. One made by Deno looks for
 * itself by the name of its file and would not find it; what runs from its sources has new ones as soon as they change.
 */
export function runningProgram(): Program {
  const own = ownProgram();
  const program = { ...own, argv: forChildren(own.argv) };
  const isKept = runtime.standalone && runtime.name === "bun" && runtime.platform === "linux";
  return isKept ? { ...program, path: "/proc/self/exe" } : program;
}
