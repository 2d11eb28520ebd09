import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { withFolder } from "../support/daemon.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { readPipe, writePipe } from "../../lib/os/piped_program.ts";
import { timeout } from "../support/limits.ts";
import { program } from "../support/processes.ts";
import { pass, until } from "../support/until.ts";

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

test("an error comes whole although standard error is full, and does not block", { timeout }, async () => {
  const pipe = createPipe();
  let said = "";
  const read = () => {
    const bytes = new Uint8Array(65536);
    const count = readPipe(pipe.read, bytes);
    if (count) said += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  };
  try {
    const dots = new TextEncoder().encode(".".repeat(4096));
    while (writePipe(pipe.write, dots) !== 0);
    const [runtime = "", ...words] = program("cli.ts");
    const child = spawn(runtime, [...words, "--no_such_option", "1"], {
      stdio: ["ignore", "ignore", pipe.write],
    });
    const ended = once(child, "exit");
    closeFd(pipe.write);
    // Long enough for it to have something to say.
    await pass(700);
    await until(() => read() === 0, "the end of what it says");
    const [status] = await ended;
    assert.equal(status, 78);
    assert.match(said, /^\.+tine: command line:1: Cannot set "no_such_option": .*\n$/);
  } finally {
    closeFd(pipe.read);
  }
});
