/**
 * Looks once which runtime this is, and refuses those on which Tine cannot run.
 *
 * @module
 */

import { TineError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
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

/** What this is, asked of the globals that each runtime has, since `node:process` is costly on Deno. */
function here(): { platform: string; arch: string; deno?: string; bun?: string } {
  const globals = globalThis as {
    Deno?: { version: { deno: string }; build: { os: string; arch: string } };
    Bun?: { version: string };
    process?: { platform: string; arch: string };
  };
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

async function choose(): Promise<Runtime> {
  const { platform, arch, deno, bun } = here();
  const why = refusal({ platform, arch, deno, bun });
  if (why !== undefined) throw new TineError(why, { exitCode: EX_UNAVAILABLE });
  // Literal specifiers, so that both compilers find them; only the one that is needed is loaded.
  if (bun !== undefined) return (await import("./bun.ts")).bun;
  return (await import("./deno.ts")).deno;
}

/** The runtime that this process runs on. */
export const runtime: Runtime = await choose();
