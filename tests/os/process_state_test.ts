import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { processExists } from "../../lib/os/process.ts";
import { isRunning, startOf } from "../../lib/os/process_state.ts";
import { until } from "../support/until.ts";

test("a process that has ended and whose parent does not take that is not running", {
  skip: process.platform === "linux" ? false : "only Linux tells",
}, async () => {
  // The shell starts a program in the background, tells its number, and becomes one that never waits for it. Not before
  // that has the program an end: the shell would take it.
  const parent = spawn("sh", ["-c", "exec 3<&0; cat <&3 & echo $!; exec sleep 600"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const text = await new Promise<string>((resolve) =>
      parent.stdout.once("data", (data) => resolve(`${data}`))
    );
    const ended = Number(text);
    await until(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n", "the other program");
    parent.stdin.end();
    await until(() => !isRunning(ended), "the end of the program");
    assert.ok(processExists(ended), "it is still there by its number");
    assert.ok(isRunning(parent.pid as number));
  } finally {
    parent.kill("SIGKILL");
  }
});

test("a process was started before now, and after this one if this one started it", {
  skip: process.platform === "linux" ? false : "only Linux tells",
}, () => {
  const now = Date.now();
  const start = startOf(process.pid) as number;
  // The clock of the boot counts whole seconds.
  assert.ok(start > 0 && start <= now + 1500, `${start} ${now}`);
  const child = spawn("sleep", ["600"]);
  try {
    assert.ok((startOf(child.pid as number) as number) >= start);
  } finally {
    child.kill("SIGKILL");
  }
  assert.equal(startOf(2 ** 22 + 1), undefined);
});
