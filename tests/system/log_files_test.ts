import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { type DaemonFolder, notRoot, withFolder } from "../support/daemon.ts";
import { Client, exchange, signal, withServer } from "../support/server.ts";
import { timeout } from "../support/limits.ts";
import { until } from "../support/until.ts";

const noLinux = process.platform !== "linux" && "needs Linux";
const skip = notRoot || noLinux;
const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "2"];
const NOBODY = ["--user", "nobody", "--group", "nogroup"];
const ADM = 4;

/** A client for each of so many children, all at once. Returns who served them. */
async function serveByAll(port: number, children = 2): Promise<number[]> {
  const clients = Array.from({ length: children }, () => new Client(port));
  try {
    const pids = await Promise.all(clients.map((client) => client.welcome()));
    await Promise.all(clients.map((client) => client.quit()));
    return pids.toSorted();
  } finally {
    for (const client of clients) client.close();
  }
}

/** Rotates a log as `logrotate` does, and tells the server. */
function rotate(folder: DaemonFolder, { mode, group }: { mode: number; group: number }): void {
  renameSync(folder.file("log"), folder.file("log.1"));
  writeFileSync(folder.file("log"), "");
  chownSync(folder.file("log"), 0, group);
  chmodSync(folder.file("log"), mode);
  signal(folder.pid, "SIGUSR1");
}

test("a log that is rotated to a file of root's goes on in the old one, and new children serve", {
  skip,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start([...PORT0, ...NOBODY])).status, 0);
    const [{ port }, children] = [folder, await folder.children(2)];
    const [killed = 0] = children;
    rotate(folder, { mode: 0o640, group: ADM });
    const old = () => folder.read("log.1");
    await until(() => /Cannot open log_file ".*" again: permission denied .* old one/.test(old()));
    signal(killed, "SIGKILL");
    await until(() => /Child \d+ was killed by SIGKILL/.test(old()));
    const pids = await serveByAll(port);
    assert.ok(!pids.includes(killed));
    for (const pid of pids) assert.match(old(), new RegExp(`\\[${pid}\\] CONNECT TCP`));
    assert.equal(folder.log, "");
    assert.equal((await folder.run(["stop", "--pid_file", folder.file("pid")])).status, 0);
    assert.match(old(), /Server stopped\n$/);
  });
});

test("a log that is rotated to a file of the server's user gets every line of every process", {
  skip,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start([...PORT0, ...NOBODY])).status, 0);
    const { port } = folder;
    const children = await folder.children(2);
    rotate(folder, { mode: 0o666, group: ADM });
    await folder.says(/^\S+ \[\d+\] Reopened log_file /);
    await until(() => children.every((pid) => linkOf(pid).includes(`${folder.file("log")}\n`)));
    const before = folder.read("log.1");
    assert.deepEqual(await serveByAll(port), children.toSorted(), "nobody is dropped");
    for (const pid of children) assert.match(folder.log, new RegExp(`\\[${pid}\\] CONNECT TCP`));
    assert.equal(folder.read("log.1"), before);
    await folder.stop();
  });
});

/** What the descriptors of a process are open on. */
function linkOf(pid: number): string {
  return spawnSync("ls", ["-l", `/proc/${pid}/fd`], { encoding: "utf8" }).stdout;
}

test("under chroot a file of root's is opened again for children, who stay and write to it", {
  skip,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("root"));
    const args = [...PORT0, ...NOBODY, "--chroot", folder.file("root")];
    assert.equal((await folder.start(args)).status, 0);
    const { port } = folder;
    const children = await folder.children(2);
    for (let i = 1; i <= 2; i++) {
      rotate(folder, { mode: 0o640, group: ADM });
      await folder.says(/^\S+ \[\d+\] Reopened log_file /);
      await until(() => children.every((pid) => linkOf(pid).includes(`${folder.file("log")}\n`)));
      assert.deepEqual(await serveByAll(port), children.toSorted(), "nobody is dropped");
      for (const pid of children) assert.match(folder.log, new RegExp(`\\[${pid}\\] CONNECT TCP`));
    }
    await folder.stop();
  });
});

test("a folder of the log that only root may enter does not keep children from serving, nor from a restart", {
  skip,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("logs"), { mode: 0o750 });
    const args = [...PORT0, ...NOBODY, "--log_file", folder.file("logs/log")];
    const log = () => folder.read("logs/log");
    const options = ["--setsid", "--pid_file", folder.file("pid"), "--log_level", "4"];
    const { status, stderr, stdout } = await folder.run([...args, ...options]);
    assert.equal(status, 0, stderr);
    const port = Number(/:(\d+) in the background/.exec(stdout)?.[1]);
    const first = await exchange(port);
    signal(folder.pid, "SIGHUP");
    await until(() => /Cannot open log_file .*; going on with the old one/.test(log()), log);
    await until(() => /Reloaded: Listening/.test(log()), log);
    await until(async () => await exchange(port) !== first);
    await folder.stop();
    assert.match(log(), /Server stopped\n$/);
  });
});

for (const stream of ["/dev/stdout", "/dev/stderr"]) {
  for (const kind of ["pipe", "socket"]) {
    test(`log_file ${stream} is a ${kind} of root's, and a server that becomes nobody serves and restarts`, {
      skip: skip || (spawnSync("python3", ["-V"]).status !== 0 && "needs python3"),
      timeout,
    }, async () => {
      // What a container or a service manager hands to a program: its own end of a pipe or a socket.
      const code = [
        "import os, socket, sys, threading",
        `a, b = ${kind === "pipe" ? "os.pipe()" : "[s.detach() for s in socket.socketpair()]"}`,
        "os.chmod(a, 0o600)" + (kind === "pipe" ? "" : " if False else None"),
        "pid = os.fork()",
        "if pid == 0:",
        "  os.dup2(b, 1); os.dup2(b, 2)",
        "  os.close(a); os.close(b)",
        "  os.execvp(sys.argv[2], sys.argv[2:])",
        "os.close(b)",
        "open(sys.argv[1], 'w').write(str(pid))",
        "while True:",
        "  data = os.read(a, 65536)",
        "  if not data: break",
        "  os.write(2, data)",
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
      ].join("\n");
      const args = ["--max_servers", "1", "--log_level", "4", ...NOBODY, "--log_file", stream];
      const options = { wrapper: ["python3", "-c", code, "FOLDER/pid"], killed: true };
      await withServer(args, options, async (server) => {
        const pid = Number(server.file("pid"));
        await exchange(server.port);
        signal(pid, "SIGHUP");
        await server.says(/Reloaded: Listening/);
        await until(() => exchange(server.port).then(() => true, () => false));
        signal(pid, "SIGUSR1");
        await exchange(server.port);
        signal(pid, "SIGTERM");
        assert.deepEqual(await server.end(), { code: 0, signal: null });
        assert.match(server.text, /Server stopped\n$/);
      });
    });
  }
}

test("the folder of the log is removed, and new children serve all the same", { timeout }, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("logs"));
    const args = [...PORT0, "--log_file", folder.file("logs/log"), "--setsid"];
    const { status, stderr, stdout } = await folder.run([...args, "--pid_file", folder.file("pid")]);
    assert.equal(status, 0, stderr);
    const port = Number(/:(\d+) in the background/.exec(stdout)?.[1]);
    rmSync(folder.file("logs"), { recursive: true });
    signal(folder.pid, "SIGUSR1");
    const first = await exchange(port);
    signal(first, "SIGKILL");
    assert.ok(!(await serveByAll(port)).includes(first));
    await folder.stop();
  });
});

test("a log_file that is a link: the file is given to the user, the link stays root's", {
  skip,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    // A folder of the user's own, as for who puts logs on another disk.
    mkdirSync(folder.file("disk"));
    writeFileSync(folder.file("disk/real"), "");
    symlinkSync(folder.file("disk/real"), folder.file("log"));
    chmodSync(folder.path, 0o755);
    assert.equal((await folder.start([...PORT0, ...NOBODY])).status, 0);
    assert.notEqual(statSync(folder.file("disk/real")).uid, 0);
    assert.equal(lstatSync(folder.file("log")).uid, 0);
    assert.deepEqual(await serveByAll(folder.port), (await folder.children(2)).toSorted());
    await folder.run(["stop", "--pid_file", folder.file("pid")]);
    assert.match(readFileSync(folder.file("disk/real"), "utf8"), /Server stopped\n$/);
  });
});

test("a server whose children cannot serve does not say that it listens: the command tells why", {
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    const handler = folder.write(
      "handler.ts",
      'export default { hooks: { childInit() { throw new Error("on purpose"); } } };\n',
    );
    const outcome = await folder.start([handler, ...PORT0]);
    assert.equal(outcome.status, 71, outcome.stdout);
    assert.equal(outcome.stdout, "");
    assert.match(
      outcome.stderr,
      /^tine: Cannot serve: children end before they are ready; see ".*\/log" for/,
    );
    assert.match(folder.log, /ends: the hook childInit threw Error: on purpose/);
    assert.equal(folder.read("pid"), "", "a pid file is left");
  });
});
