/**
 * How this program was started, so that it can be started again.
 *
 * @module
 */

import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runtime } from "../runtime/choose.ts";
import type { Program } from "./process.ts";

/** Only the system knows the runtime's own flags. */
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

/** Flags by which the runtime starts a program again when its files change, alone or with a list of them. */
const WATCHING = /^--(watch|watch-hmr|hot)(=|$)/;

/** How Bun is told to load `lib/restart/keep_signals.ts` first, by which a restart begins. */
export const KEEP_FLAG = "--preload=";
const KEEPING = /^--preload=.*\/restart\/keep_signals\.[jt]s$/;

/** What must not be passed on: watching, and a debugger's port, which is taken by the first who asks. */
const NOT_PASSED_ON = [
  WATCHING,
  KEEPING,
  /^--(watch-exclude|no-clear-screen|inspect(-brk|-wait|-publish-uid)?)(=|$)/,
];

/** The words of a command line that are the runtime's own, and those of the program. */
export interface SplitArguments {
  /** The runtime, its flags and the main module; of an executable, its name alone. */
  readonly runtime: readonly string[];
  readonly program: readonly string[];
}

/** Splits a command line whose last `count` words are the program's. Pure. */
export function splitArguments(all: readonly string[], count: number): SplitArguments {
  const at = Math.max(1, all.length - count);
  return { runtime: all.slice(0, at), program: all.slice(at) };
}

/** The words by which the program is started again, without what one process alone may have. Pure. */
export function withoutFlagsForOne({ runtime, program }: SplitArguments): readonly string[] {
  return [...runtime.filter((word) => !NOT_PASSED_ON.some((flag) => flag.test(word))), ...program];
}

/** The flag by which the runtime would start the program again; undefined if there is none. Pure. */
export function watchFlagAmong({ runtime }: Pick<SplitArguments, "runtime">): string | undefined {
  return runtime.find((word) => WATCHING.test(word));
}

function ownArguments(): SplitArguments {
  return splitArguments(systemArguments() ?? likelyArguments(), process.argv.length - 2);
}

/** The runtime's name and the words behind it that are its own, up to the main module; undefined if the system does not tell. */
export function ownRuntimeArguments(): readonly string[] | undefined {
  return systemArguments() === undefined ? undefined : ownArguments().runtime;
}

/** The flag by which the runtime starts this program again whenever its files change; undefined if it does not. */
export function watchFlag(): string | undefined {
  return runtime.standalone
    ? undefined
    : watchFlagAmong(ownArguments()) ?? watchFlagAmong({ runtime: process.execArgv });
}

/** A short text that is the same for each process that runs this program with these arguments. */
export function programMark(): string {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode([runtime.mainModule, ...process.argv.slice(2)].join("\0"))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16);
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
  const own = ownArguments();
  const argv = runtime.standalone ? [...own.runtime, ...own.program] : withoutFlagsForOne(own);
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

/** The path of the program's own module; undefined if that is Tine's command line, or an executable. */
export function ownModule(): string | undefined {
  const module = runtime.standalone || isCommandLine(runtime.mainModule) ? undefined : runtime.mainModule;
  const url = module === undefined ? undefined : urlOf(module);
  return url?.startsWith("file:") ? fileURLToPath(url) : undefined;
}

/** Whether a module is `cli.ts`, or a link to it. */
function isCommandLine(module: string | undefined): boolean {
  const url = module === undefined ? undefined : urlOf(module);
  if (url === undefined || url === COMMAND_LINE) return url !== undefined;
  const file = url.startsWith("file:") ? realPath(fileURLToPath(url)) : undefined;
  return file !== undefined && pathToFileURL(file).href === COMMAND_LINE;
}

/** Arguments with the children's own main module in place of `cli.ts`, where there is one. */
function forChildren(argv: readonly string[]): readonly string[] {
  if (runtime.name !== "deno" || runtime.standalone || !isCommandLine(runtime.mainModule)) return argv;
  const at = argv.findIndex(isCommandLine);
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
