import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { tallyBun, tallyDeno } from "../../scripts/tally.ts";
import { ROOT } from "../../scripts/toolchain.ts";
import { ARM64_ENVIRONMENT, ARM64_RUNTIME, noArm64 } from "../support/arm64.ts";
import { BODY_MS, timeout } from "../support/limits.ts";
import { onBun } from "../support/server.ts";

/** Tests that the emulator fails, not the processor, and why. */
const NOT_EMULATED: readonly string[] = [
  // qemu-user makes a fork of vfork(2) and of clone(2) with CLONE_VM, so that posix_spawn(3) never learns of a program
  // that its child could not execute: it gives 0, and the child ends with 127.
  "a program that cannot be started is a SpawnError with the reason",
];

/** The names of the tests that failed, in what either test runner prints. */
function failures(output: string): string[] {
  const lines = onBun ? /^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/gm : /^(.*?) \.\.\. FAILED \(\S+\)$/gm;
  return [...new Set([...output.matchAll(lines)].map(([, name = ""]) => name))];
}

test(
  "arm64: what the code takes for granted of kernel and C library holds",
  { skip: noArm64, timeout },
  () => {
    const [command, tally] = onBun
      ? [["test", `--timeout=${timeout}`], tallyBun] as const
      : [["test", "-A", "--no-check"], tallyDeno] as const;
    const { stdout, stderr } = spawnSync(ARM64_RUNTIME, [...command, "./tests/support/arm64_contracts.ts"], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 64 << 20,
      timeout: BODY_MS,
      killSignal: "SIGKILL",
      env: {
        ...process.env,
        ...ARM64_ENVIRONMENT,
        DENO_NO_PACKAGE_JSON: "1",
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
      },
    });
    const output = `${stdout}\n${stderr}`;
    assert.deepEqual(failures(output), NOT_EMULATED, output);
    const counted = tally(output);
    assert.equal(counted?.failed, NOT_EMULATED.length, output);
    assert.ok(counted.passed >= 50, output);
  },
);
