/**
 * This runtime's build for arm64 on an x64 machine, run by an emulator: `.ci/set_up_arm64` puts everything in place.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../scripts/toolchain.ts";
import { onBun } from "./server.ts";

/** The path of the runtime for arm64. */
export const ARM64_RUNTIME: string = join(
  ROOT,
  ".ci/arm64/node_modules",
  onBun ? "@oven/bun-linux-aarch64/bin/bun" : "@deno/linux-arm64-glibc/deno",
);

/** What the emulator needs to know. */
export const ARM64_ENVIRONMENT: Readonly<Record<string, string>> = {
  // Where the C library for arm64 is looked for first (Debian's libc6-arm64-cross).
  QEMU_LD_PREFIX: "/usr/aarch64-linux-gnu",
  // A processor that does not sign pointers: to emulate that takes two thirds of the time.
  QEMU_CPU: "neoverse-n1",
};

function whyNot(): string | false {
  if (process.platform !== "linux") return "needs Linux";
  if (process.arch === "arm64") return "this is arm64: all other tests run on it";
  if (!existsSync(ARM64_RUNTIME)) return "no runtime for arm64 here: see .ci/set_up_arm64";
  const { stdout } = spawnSync(ARM64_RUNTIME, ["--version"], {
    encoding: "utf8",
    env: { ...process.env, ...ARM64_ENVIRONMENT },
  });
  const tools = JSON.parse(readFileSync(join(ROOT, "scripts/tools/package.json"), "utf8"));
  const wanted: string = tools.dependencies[onBun ? "bun" : "deno"];
  if (!stdout) return "programs for arm64 do not run here: see .ci/set_up_arm64";
  return stdout.includes(wanted) ? false : `not version ${wanted} for arm64: run .ci/set_up_arm64 again`;
}

/** Why it cannot be used here, or false. */
export const noArm64: string | false = whyNot();
