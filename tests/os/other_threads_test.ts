import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { attitudeOf, parseThreadSignals } from "../../lib/os/other_threads.ts";
import { timeout } from "../support/limits.ts";
import { program as commandOf } from "../support/processes.ts";

const ENDING = ["INT", "QUIT", "TERM"];

/** The masks of proc(5), as a thread's status has them. */
function signals(blocked: string, pending = "0000000000000000") {
  return parseThreadSignals(
    `Name:\tbun\nSigPnd:\t${pending}\nShdPnd:\t0000000000000007\nSigBlk:\t${blocked}\n`,
  );
}

test("what a thread does with a signal is told from its masks", () => {
  assert.equal(attitudeOf(signals("0000000000000000"), ENDING), "may_take");
  // All but one.
  assert.equal(attitudeOf(signals("0000000000314203"), ENDING), "may_take");
  // One that was started with these signals blocked, and one of a runtime that blocks all that come from outside.
  assert.equal(attitudeOf(signals("0000000000314207"), ENDING), "blocks");
  assert.equal(attitudeOf(signals("fffffffe3ffbfa07"), ENDING), "blocks");
  // In the handler of HUP, and in that of another signal while HUP waits.
  assert.equal(attitudeOf(signals("fffffffe7ffbfeff"), ENDING), "held");
  assert.equal(attitudeOf(signals("fffffffe7ffbfeff", "0000000000000001"), ENDING), "may_take");
});

const skip = process.platform === "linux" ? false : "threads are held on Linux alone";

test("a signal that comes while the other threads are held waits", { skip, timeout }, () => {
  const [runtime = "", ...args] = commandOf("tests/os/fixtures/hold_threads.ts");
  const { stdout, stderr, status } = spawnSync(runtime, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { waited: true, waits: false, signal: "QUIT" });
});
