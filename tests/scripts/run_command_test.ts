import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type Alarm, runCommand } from "../../scripts/run_command.ts";
import { timeout, WAIT_MS } from "../support/limits.ts";
import { until } from "../support/until.ts";

const options = { cwd: "/", env: { PATH: process.env["PATH"] ?? "" }, timeLimitMs: WAIT_MS };
const noProc = process.platform === "linux" ? false : "needs /proc";

/** Whether a process runs: one that has ended and awaits its parent does not. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

test("runCommand() tells success from failure and keeps both streams", { timeout }, async () => {
  const good = await runCommand(["sh", "-c", "echo out; echo err >&2"], options);
  assert.equal(good.isOk, true);
  assert.deepEqual(good.output.trim().split("\n").toSorted(), ["err", "out"]);
  assert.equal((await runCommand(["sh", "-c", "exit 3"], options)).isOk, false);
});

test("runCommand() names the signal that a command died of, and a program that is not there", {
  timeout,
}, async () => {
  const killed = await runCommand(["sh", "-c", "kill -KILL $$"], options);
  assert.deepEqual([killed.isOk, killed.why], [false, "it died of SIGKILL"]);
  const absent = await runCommand(["tine-no-such-program"], options);
  assert.equal(absent.isOk, false);
  assert.match(absent.why ?? "", /cannot be started/);
});

test("runCommand() kills a command that takes too long, with all that it started", {
  timeout,
  skip: noProc,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tine-command-"));
  try {
    const file = join(folder, "pid");
    const limits: number[] = [];
    let ring = () => {};
    const alarm: Alarm = (ms, callback) => {
      limits.push(ms);
      ring = callback;
      return () => limits.push(0);
    };
    const running = runCommand([
      "sh",
      "-c",
      `sleep 3600 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`,
    ], {
      ...options,
      timeLimitMs: 300,
      alarm,
    });
    const grandchild = await until(() => {
      try {
        return Number(readFileSync(file, "utf8"));
      } catch {
        return 0; // not yet
      }
    }, "the command's child");
    assert.equal(runs(grandchild), true);
    ring();
    const outcome = await running;
    assert.equal(outcome.isOk, false);
    assert.equal(outcome.why, "it took more than 0.3 seconds and was killed");
    assert.deepEqual(limits, [300, 0]);
    await until(() => !runs(grandchild), "the end of the command's child");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test(
  "runCommand() does not wait for a server that outlives its test",
  { timeout, skip: noProc },
  async () => {
    const { isOk, output } = await runCommand(["sh", "-c", "sleep 3600 & echo $!"], options);
    const server = Number(output);
    assert.equal(isOk, true);
    assert.equal(runs(server), true);
    process.kill(server, "SIGKILL");
  },
);
