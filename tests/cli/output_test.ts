import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { program } from "../support/processes.ts";

const skip = existsSync("/dev/full") ? false : "there is no /dev/full";

/** Runs a command whose standard output takes nothing. */
function runFull(args: readonly string[]) {
  const [runtime = "", ...words] = program("cli.ts");
  const full = openSync("/dev/full", "w");
  try {
    const { status, stderr } = spawnSync(runtime, [...words, ...args], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    return { status, stderr };
  } finally {
    closeSync(full);
  }
}

for (
  const args of [
    ["--version"],
    ["help", "options"],
    ["completion", "bash"],
    ["check", "--port", "127.0.0.1:0"],
    ["convert", "tests/config/fixtures/munin_node.conf"],
  ]
) {
  test(`${args.join(" ")} says that it cannot be written, in one line`, { skip, timeout }, () => {
    assert.deepEqual(runFull(args), {
      status: 74,
      stderr: "tine: Cannot write to standard output: no space left (ENOSPC)\n",
    });
  });
}

test("what was done stays done, although it cannot be told", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(["--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
    await folder.children(1);
    const pid = ["--pid_file", folder.file("pid")];
    for (const args of [["scale", "+1", ...pid], ["reload", ...pid], ["stop", ...pid]]) {
      const { status, stderr } = runFull(args);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^tine: Cannot write to standard output: no space left \(ENOSPC\)\n$/);
    }
  });
});

for (const args of [["help", "options"], ["completion", "bash"]]) {
  test(`${args.join(" ")} ends quietly when its reader has gone`, { timeout }, () => {
    const words = [...program("cli.ts"), ...args].map((word) => `'${word}'`).join(" ");
    // The reader has ended before anything is written.
    const { stdout, stderr } = spawnSync("sh", ["-c", `{ sleep 0.3; ${words}; echo $? >&2; } | true`], {
      encoding: "utf8",
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "", stderr: "0\n" });
  });
}

test("a long text comes whole through a pipe that is read slowly", { timeout }, () => {
  const words = [...program("cli.ts"), "help", "options"].map((word) => `'${word}'`).join(" ");
  const { stdout } = spawnSync("sh", ["-c", `${words} | { sleep 0.5; cat; }`], { encoding: "utf8" });
  const [runtime = "", ...rest] = program("cli.ts");
  assert.ok(stdout.length > 10_000, stdout);
  assert.equal(stdout, spawnSync(runtime, [...rest, "help", "options"], { encoding: "utf8" }).stdout);
});
