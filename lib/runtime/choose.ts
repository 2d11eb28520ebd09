/**
 * Looks once which runtime this is, and refuses those on which Tine cannot run.
 *
 * @module
 */

import { EX_NOPERM, EX_UNAVAILABLE } from "../exit_codes.ts";
import type { BunSlice } from "./bun_slice.ts";
import type { DenoSlice, PermissionName } from "./deno_slice.ts";
import type { Runtime } from "./runtime.ts";

/** The oldest versions: Deno 2.7.11 has all that the preforking core needs; TLS and HTTP want 2.9. */
const OLDEST = { deno: [2, 7, 11], bun: [1, 4, 0] } as const;

/** Whether `version` (`2.9.6`) is at least `oldest`. */
export function isAtLeast(version: string, oldest: readonly [number, number, number]): boolean {
  const parts = version.split(/[.+-]/).map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (parts[i] || 0) - (oldest[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Why Tine cannot run here, or undefined. */
export function refusal(
  here: { platform: string; arch: string; deno?: string | undefined; bun?: string | undefined },
): string | undefined {
  const where = `${here.platform} on ${here.arch}`;
  if (here.platform === "win32") {
    return "Cannot run on Windows: it has no fork, no Unix signals and no shared listening sockets; use WSL or a Unix system";
  }
  if (here.platform !== "linux" && here.platform !== "darwin") {
    return `Cannot run on ${where}: Tine knows Linux and macOS`;
  }
  if (here.arch !== "x64" && here.arch !== "arm64") {
    return `Cannot run on ${where}: Tine knows x64 and arm64`;
  }
  if (here.bun !== undefined) {
    return isAtLeast(here.bun, OLDEST.bun)
      ? undefined
      : `Cannot run on Bun ${here.bun}: it is older than ${OLDEST.bun.join(".")}; update Bun`;
  }
  if (here.deno === undefined) {
    return "Cannot run on this runtime: Tine needs Deno or Bun; start it with `deno run -A` or `bun`";
  }
  return isAtLeast(here.deno, OLDEST.deno)
    ? undefined
    : `Cannot run on Deno ${here.deno}: it is older than ${OLDEST.deno.join(".")}; update Deno`;
}

/** What each runtime has among its globals. */
const globals = globalThis as unknown as {
  readonly Deno?: DenoSlice;
  readonly Bun?: BunSlice;
  readonly process?: { readonly platform: string; readonly arch: string; exit(status: number): never };
};

/** What this is, asked of the globals, since `node:process` is costly on Deno. */
function here(): { platform: string; arch: string; deno?: string; bun?: string } {
  if (globals.Bun === undefined && globals.Deno !== undefined) {
    const { os, arch } = globals.Deno.build;
    return {
      platform: os === "windows" ? "win32" : os,
      arch: arch === "aarch64" ? "arm64" : "x64",
      deno: globals.Deno.version.deno,
    };
  }
  const { platform = "an unknown system", arch = "an unknown machine" } = globals.process ?? {};
  return { platform, arch, ...(globals.Bun ? { bun: globals.Bun.version } : {}) };
}

/** What an executable needs, which hands down what it was compiled with. */
const ALWAYS: readonly PermissionName[] = ["ffi", "env", "read"];
/** What else the program that `deno run` runs needs: its own flags can be read, for its children, with all alone. */
const IN_A_PROGRAM: readonly PermissionName[] = ["write", "net", "run", "sys"];

/** Why Tine cannot run with the permissions that Deno has given, or undefined. */
export function permissionRefusal(deno: Pick<DenoSlice, "build" | "permissions">): string | undefined {
  const wanted = deno.build.standalone ? ALWAYS : [...ALWAYS, ...IN_A_PROGRAM];
  const missing = wanted.filter((name) => deno.permissions.querySync({ name }).state !== "granted");
  if (missing.length === 0) return undefined;
  return `Cannot run without Deno's permissions (missing: ${
    missing.join(", ")
  }): Tine calls the C library, which none ` +
    `of them confines, and its children need the same; ${
      deno.build.standalone ? "compile it with -A" : "start it with `deno run -A`"
    }`;
}

/** Ends the process with one line: an import that fails would end it with a stack trace, and the status 1. */
function refuse(why: string, status: number): never {
  console.error(`tine: ${why}`);
  const { Deno, process } = globals;
  if (Deno !== undefined) return Deno.exit(status);
  if (process !== undefined) return process.exit(status);
  throw new Error(why);
}

/** Ends the process where Tine cannot run. */
function refuseUnfit(): void {
  const { platform, arch, deno, bun } = here();
  const why = refusal({ platform, arch, deno, bun });
  if (why !== undefined) refuse(why, EX_UNAVAILABLE);
  const lacks = bun === undefined && globals.Deno !== undefined ? permissionRefusal(globals.Deno) : undefined;
  if (lacks !== undefined) refuse(lacks, EX_NOPERM);
}

refuseUnfit();

/**
 * The runtime that this process runs on. The specifiers are literal, so that both compilers find them; only the one that
 * is needed is loaded. A package has a build for each, in which the choice is made (`scripts/bundle.ts`).
 */
export const runtime: Runtime = globals.Bun === undefined
  ? (await import("./deno.ts")).deno
  : (await import("./bun.ts")).bun;
