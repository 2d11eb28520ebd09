import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { childrenOf, type DaemonFolder, statOf, threadsOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { exchange, onBun, signal } from "../support/server.ts";
import { until } from "../support/until.ts";

const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "2"];

async function closedPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

test("setsid: the command ends when the server listens, in a session of its own", { timeout }, async () => {
  await withFolder(async (folder) => {
    const { status, stdout, stderr } = await folder.start(PORT0);
    assert.equal(status, 0, stderr);
    assert.equal(
      stdout,
      `Listening on 127.0.0.1:${folder.port} in the background, process id ${folder.pid}\n`,
    );
    assert.equal(stderr, "");
    await exchange(folder.port);
    const { pid } = folder;
    const stat = statOf(pid);
    assert.equal(stat?.session, pid);
    assert.notEqual(stat?.ppid, process.pid);
    const streams = [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    assert.deepEqual(streams, ["/dev/null", "/dev/null", folder.file("log")]);
    const [child = 0] = await folder.children(2);
    const [input, output, error] = [0, 1, 2].map((fd) => readlinkSync(`/proc/${child}/fd/${fd}`));
    assert.equal(input, "/dev/null");
    assert.match(output as string, /^pipe:/, "to the parent");
    assert.equal(error, output);
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), folder.path);
    assert.equal(statSync(folder.file("pid")).mode & 0o777, 0o644);
    await folder.stop();
    assert.equal(existsSync(folder.file("pid")), false);
  });
});

test("setsid without a log file cuts standard error off once the server listens", { timeout }, async () => {
  await withFolder(async (folder) => {
    const pidFile = folder.file("pid");
    const { status, stderr } = await folder.run([...PORT0, "--setsid", "--pid_file", pidFile]);
    folder.remember(folder.pid);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Bound to auto-assigned port \d+/);
    assert.equal(readlinkSync(`/proc/${folder.pid}/fd/2`), "/dev/null");
    await folder.stop();
  });
});

test("background: the command ends when the server listens, and the session stays", { timeout }, async () => {
  await withFolder(async (folder) => {
    const files = ["--pid_file", folder.file("pid"), "--log_file", folder.file("log")];
    const { status, stderr } = await folder.run([...PORT0, "--background", ...files]);
    folder.remember(folder.pid);
    assert.equal(status, 0, stderr);
    assert.equal(statOf(folder.pid)?.session, statOf(process.pid)?.session);
    await exchange(folder.port);
    await folder.stop();
  });
});

/** Checks that a start failed with one line, and left nothing. */
async function refuses(
  folder: DaemonFolder,
  args: readonly string[],
  status: number,
  line: RegExp,
): Promise<void> {
  const outcome = await folder.start(args);
  assert.equal(outcome.status, status, outcome.stderr);
  assert.equal(outcome.stdout, "");
  assert.match(outcome.stderr, line);
  assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
}

test("a port in use is told by the command, with the status of a bind", { timeout }, async () => {
  await withFolder(async (folder) => {
    const { port, close } = await closedPort();
    await refuses(
      folder,
      ["--port", `127.0.0.1:${port}`],
      69,
      /^tine: command line:\d+: Cannot bind 127\.0\.0\.1:\d+ .*address already in use/,
    );
    close();
    assert.equal(existsSync(folder.file("pid")), false, "a pid file is left");
  });
});

test(
  "a mistake in the configuration and a log that cannot be opened are told by the command",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      await refuses(
        folder,
        [...PORT0, "--max_requests", "x"],
        78,
        /^tine: command line:\d+: Cannot set max_requests/,
      );
      const { status, stderr } = await folder.run([
        ...PORT0,
        "--setsid",
        "--log_file",
        folder.file("none/log"),
      ]);
      assert.equal(status, 73, stderr);
      assert.match(stderr, /^tine: command line:\d+: Cannot open log_file ".*none\/log": .*\n$/);
    });
  },
);

test("a hook that throws before the server listens is told by the command", { timeout }, async () => {
  await withFolder(async (folder) => {
    const handler = folder.write(
      "handler.ts",
      `export default { hooks: { preLoop() { throw new Error("on purpose"); } } };\n`,
    );
    const outcome = await folder.start([handler, ...PORT0]);
    assert.equal(outcome.status, 1, outcome.stderr);
    assert.match(outcome.stderr, /^tine: The hook preLoop threw Error: on purpose/);
    assert.equal(existsSync(folder.file("pid")), false, "a pid file is left");
  });
});

test("a server that is killed before it listens is told by the command", { timeout }, async () => {
  await withFolder(async (folder) => {
    const handler = folder.write(
      "handler.ts",
      `export default { hooks: { preLoop() { process.kill(process.pid, "SIGKILL"); } } };\n`,
    );
    const outcome = await folder.start([handler, ...PORT0]);
    assert.equal(outcome.status, 71);
    assert.match(outcome.stderr, /in the background: it was killed by SIGKILL before it listened\n$/);
  });
});

test("a second server is refused by the pid file of the first", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    const { pid } = folder;
    await refuses(
      folder,
      PORT0,
      69,
      new RegExp(`Cannot use pid_file ".*/pid": the server with process id ${pid} has`),
    );
    assert.equal(folder.pid, pid);
    await exchange(folder.ports[0] as number);
    await folder.stop();
  });
});

test(
  "a pid file of a process that has ended is overwritten, and said to be left over",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const dead = spawn("true");
      await once(dead, "exit");
      folder.write("pid", `${dead.pid}\n`);
      assert.equal((await folder.start(PORT0)).status, 0);
      assert.notEqual(folder.pid, dead.pid);
      assert.match(
        folder.log,
        new RegExp(`Pid_file ".*" is left over from process ${dead.pid}, which has ended`),
      );
      await folder.stop();
    });
  },
);

test("a pid file of a running process of another kind is left alone", { timeout }, async () => {
  await withFolder(async (folder) => {
    const other = spawn("sleep", ["60"]);
    try {
      folder.write("pid", `${other.pid}\n`);
      const pidFile = folder.file("pid");
      const line = new RegExp(`Cannot use pid_file ".*": the process ${other.pid} in it is running`);
      const { status, stderr } = await folder.run([...PORT0, "--setsid", "--pid_file", pidFile]);
      assert.equal(status, 69, stderr);
      assert.match(stderr, line);
      assert.equal(folder.read("pid"), `${other.pid}\n`);
      // Nor is it signalled by those who believe the file.
      const stop = await folder.run(["stop", "--pid_file", pidFile]);
      assert.equal(stop.status, 0, stop.stderr);
      assert.match(
        stop.stdout,
        new RegExp(`There is nothing to stop: .* left over from process ${other.pid}`),
      );
      assert.notEqual(statOf(other.pid as number), undefined);
      // The number was given to this process long after the file was written: its writer has ended.
      utimesSync(pidFile, new Date("2020-01-01"), new Date("2020-01-01"));
      assert.equal((await folder.start(PORT0)).status, 0);
      await folder.stop();
    } finally {
      other.kill();
    }
  });
});

test("a pid file that holds other words is refused, by whatever name", { timeout }, async () => {
  await withFolder(async (folder) => {
    folder.write("precious", "words\n");
    symlinkSync(folder.file("precious"), folder.file("link"));
    for (
      const [name, status, line] of [["link", 69, /no process id/], [
        "precious",
        69,
        /no process id/,
      ]] as const
    ) {
      const outcome = await folder.run([...PORT0, "--setsid", "--pid_file", folder.file(name)]);
      assert.equal(outcome.status, status, outcome.stderr);
      assert.match(outcome.stderr, line);
    }
    assert.equal(folder.read("precious"), "words\n");
  });
});

test("the pid file of another server is not removed by the one whose it was", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    const { pid } = folder;
    folder.remember(pid);
    await folder.children(2);
    // Somebody puts another file in its place.
    unlinkSync(folder.file("pid"));
    folder.write("pid", "1\n");
    signal(pid, "SIGTERM");
    await until(() => statOf(pid) === undefined, "the end of the server");
    assert.equal(folder.read("pid"), "1\n");
  });
});

test("without background a pid file is written and removed too", { timeout }, async () => {
  await withFolder(async (folder) => {
    const run = folder.run([...PORT0, "--pid_file", folder.file("pid"), "--log_file", folder.file("log")]);
    await folder.says(/Listening on/);
    folder.remember(folder.pid);
    assert.equal(childrenOf(process.pid).includes(folder.pid), true);
    await folder.stop();
    assert.equal((await run).status, 0);
  });
});

test("the umask is the caller's", { timeout }, async () => {
  await withFolder(async (folder) => {
    const before = ["sh", "-c", 'umask 027; exec "$@"', "sh"];
    assert.equal((await folder.start(PORT0, { before })).status, 0);
    assert.equal(threadsOf(folder.pid)[0]?.umask, "0027");
    await folder.stop();
  });
});

/** Whether one of the processes listens on Deno's debugging port. */
function debuggerOpen(pids: readonly number[]): boolean {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const inodes = lines.filter((line) => /^ *\d+: 0100007F:240D \S+ 0A /.test(line))
    .map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`);
  return pids.some((pid) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false; // closed meanwhile
      }
    })
  );
}

test(
  "USR1 leaves no debugger open, which Deno opens for it",
  { skip: onBun ? "Bun opens none" : false, timeout },
  async () => {
    await withFolder(async (folder) => {
      assert.equal((await folder.start(PORT0)).status, 0);
      const children = await folder.children(2);
      // Deno listens to the signal from some time after its start.
      await until(() => {
        signal(folder.pid, "SIGUSR1");
        return /Debugger listening on/.test(folder.log);
      }, "the debugger");
      await until(() => !debuggerOpen([folder.pid, ...children]), "the end of the debugger");
      await folder.stop();
    });
  },
);
