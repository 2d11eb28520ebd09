import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT } from "../support/outside.ts";

test("the example of a handler's test passes in the runtime's own test runner", { timeout }, () => {
  const path = "./examples/echo_test.ts";
  const words = onBun ? ["test", path] : ["test", "-A", "--no-check", path];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" },
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout + stderr, /\b1 pass/);
});
