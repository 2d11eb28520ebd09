import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { raiseDescriptorLimit } from "../../lib/os/limits.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

/** The soft and hard limit of open descriptors of a process. */
function limits(pid: string): number[] {
  const line = readFileSync(`/proc/${pid}/limits`, "utf8").split("\n").find((row) =>
    /^Max open files/.test(row)
  );
  return line?.match(/\d+/g)?.map(Number) ?? [];
}

test("raiseDescriptorLimit makes the soft limit the hard one", { skip }, () => {
  const [soft = 0, hard = 0] = limits("self");
  const wanted = Math.max(8, Math.min(soft, hard) - 8);
  execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${wanted}:${hard}`]);
  assert.equal(limits("self")[0], wanted);
  const raised = raiseDescriptorLimit();
  assert.equal(raised, Math.min(hard, 1 << 20));
  assert.deepEqual(limits("self"), [raised, hard]);
  assert.equal(raiseDescriptorLimit(), raised);
});
