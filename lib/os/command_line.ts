/**
 * How this program was started, so that it can be started again.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
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

/** This program with its arguments, as it was started. */
export function ownProgram(): Program {
  const all = systemArguments() ?? likelyArguments();
  // What follows is the command line of another program.
  const end = all.includes("--") ? all.indexOf("--") : all.length;
  const argv = all.filter((argument, at) => at > end || !isOncePerMachine(argument));
  return { path: runtime.executable, argv, environment: process.env };
}
