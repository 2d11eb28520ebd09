import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { test } from "node:test";
import { freePort } from "../../scripts/bench/ports.ts";
import { childrenOf, type DaemonFolder, withFolder } from "../support/daemon.ts";
import { timeout, WAIT_MS } from "../support/limits.ts";
import { exchange } from "../support/server.ts";
import { until } from "../support/until.ts";

const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "1"];

/** Starts behind words of a shell's, talks to the server, and stops it. */
async function serves(folder: DaemonFolder, shell: string): Promise<void> {
  const { status, stderr } = await folder.start(PORT0, { before: ["sh", "-c", `${shell} "$@"`, "sh"] });
  assert.equal(status, 0, stderr);
  await exchange(folder.port);
  await folder.stop();
}

for (
  const [what, shell] of [
    ["without standard streams", "exec <&- >&-;"],
    ["with few descriptors", "ulimit -n 40;"],
    ["with signals that have no effect", "trap '' TERM INT QUIT HUP CHLD PIPE USR1;"],
    ["with a umask that closes all to everybody", "umask 777;"],
    ["without an environment", "exec env -i"],
  ] as const
) {
  test(`a daemon that was started ${what} serves and stops`, { timeout }, async () => {
    await withFolder((folder) => serves(folder, shell));
  });
}

const noPerl = spawnSync("perl", ["-MPOSIX", "-e", "1"]).status === 0 ? false : "no perl";

test(
  "a daemon that was started with signals blocked serves and stops",
  { timeout, skip: noPerl },
  async () => {
    await withFolder(async (folder) => {
      const block =
        "sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1)); exec @ARGV";
      const { status, stderr } = await folder.start(PORT0, { before: ["perl", "-MPOSIX", "-e", block] });
      assert.equal(status, 0, stderr);
      await exchange(folder.port);
      await folder.stop();
    });
  },
);

test(
  "a log that has reached the limit of a file's size costs lines, not the server",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      // 128 MiB, in blocks of 512 bytes; all holes.
      const log = openSync(folder.file("log"), "w");
      ftruncateSync(log, 262_144 * 512);
      closeSync(log);
      const port = await freePort();
      const outcome = await folder.run(
        [
          "--port",
          `127.0.0.1:${port}`,
          "--max_servers",
          "1",
          "--setsid",
          "--pid_file",
          folder.file("pid"),
          "--log_file",
          folder.file("log"),
          "--log_level",
          "4",
        ],
        { before: ["sh", "-c", 'ulimit -f 262144; "$@"', "sh"] },
      );
      assert.equal(outcome.status, 0, outcome.stderr);
      folder.remember(folder.pid);
      await exchange(port);
      await exchange(port);
      const stop = await folder.run(["stop", "--pid_file", folder.file("pid")]);
      assert.equal(stop.status, 0, stop.stderr);
    });
  },
);

test("a limit of a file's size below what a server needs is named", { timeout }, async () => {
  await withFolder(async (folder) => {
    const { status, stderr } = await folder.run(PORT0, { before: ["sh", "-c", 'ulimit -f 16; "$@"', "sh"] });
    assert.equal(status, 71, stderr);
    assert.match(
      stderr,
      /^tine: Cannot size the shared memory for the .*: larger than files .*, see ulimit -f \(EFBIG\)\n$/,
    );
  });
});

const noSystemd = spawnSync("systemd-socket-activate", ["--version"]).status === 0
  ? false
  : "no systemd-socket-activate (Debian's package systemd)";

test("systemd's sockets reach a server in the background", { timeout, skip: noSystemd }, async () => {
  await withFolder(async (folder) => {
    const port = await freePort();
    const names = ["DENO_NO_PACKAGE_JSON", "NO_COLOR", "TMPDIR", "HOME"];
    const before = [
      "systemd-socket-activate",
      "-l",
      `127.0.0.1:${port}`,
      ...names.map((one) => `--setenv=${one}`),
    ];
    const started = folder.start(["--port", `127.0.0.1:${port}`, "--max_servers", "1"], { before });
    // It waits in the queue of the socket, which the server is started for.
    const client = until(() => exchange(port).catch(() => undefined), WAIT_MS, "a client is served");
    const { status, stderr } = await started;
    assert.equal(status, 0, stderr);
    await client;
    await folder.says(/Reassociating file descriptor 3/);
    assert.equal(childrenOf(folder.pid).length, 1);
    await folder.stop();
  });
});
