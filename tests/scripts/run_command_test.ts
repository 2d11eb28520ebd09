import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { runCommand } from "../../scripts/run_command.ts";

const options = { cwd: "/", env: { PATH: process.env["PATH"] ?? "" }, timeLimitMs: 20_000 };

test("runCommand() tells success from failure and keeps both streams", async () => {
  const good = await runCommand(["sh", "-c", "echo out; echo err >&2"], options);
  assert.equal(good.isOk, true);
  assert.deepEqual(good.output.trim().split("\n").toSorted(), ["err", "out"]);
  assert.equal((await runCommand(["sh", "-c", "exit 3"], options)).isOk, false);
});

test("runCommand() names the signal that a command died of, and a program that is not there", async () => {
  const killed = await runCommand(["sh", "-c", "kill -KILL $$"], options);
  assert.deepEqual([killed.isOk, killed.why], [false, "it died of SIGKILL"]);
  const absent = await runCommand(["tine-no-such-program"], options);
  assert.equal(absent.isOk, false);
  assert.match(absent.why ?? "", /cannot be started/);
});

test("runCommand() kills a command that takes too long, with all that it started", async () => {
  const outcome = await runCommand(["sh", "-c", "sleep 60 & echo $!; wait"], {
    ...options,
    timeLimitMs: 300,
  });
  assert.equal(outcome.isOk, false);
  assert.match(outcome.why ?? "", /more than 0\.3 seconds/);
  const grandchild = Number(outcome.output);
  assert.ok(grandchild > 0);
  // The orphan is reaped by init at a time of its own, so a moment as a zombie is allowed.
  const state = await runCommand(
    ["sh", "-c", `cat /proc/${grandchild}/stat 2>/dev/null || echo 'gone'`],
    options,
  );
  assert.match(state.output, /gone|\) Z /);
});

test("runCommand() does not wait for a server that outlives its test", async () => {
  const outcome = await runCommand(["sh", "-c", "sleep 5 & echo started"], options);
  assert.deepEqual([outcome.isOk, outcome.output], [true, "started\n"]);
  assert.ok(outcome.milliseconds < 4000, `${outcome.milliseconds} ms`);
});
