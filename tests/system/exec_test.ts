import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import {
  Client,
  example,
  fixture,
  hear,
  onBun,
  signal,
  type TestServer,
  withServer,
} from "../support/server.ts";
import { tine } from "../support/super_server.ts";
import { until, within } from "../support/until.ts";

const noGit = spawnSync("git", ["daemon", "--help"]).error === undefined ? false : "no git";
const noRsync = spawnSync("rsync", ["--version"]).error === undefined ? false : "no rsync";

/** What /proc says of a process: its state and its parent; undefined if it has gone. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Whether a process is there and no zombie. */
function runs(pid: number): boolean {
  return /^[^ZX]/.test(statOf(pid)?.state ?? "X");
}

/** The children of a process, zombies among them. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => pid > 0 && statOf(pid)?.parent === parent);
}

/** The zombies among the children of a process. */
function zombies(parent: number): number[] {
  return childrenOf(parent).filter((pid) => !runs(pid));
}

function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).toSorted();
}

/** Runs `body` with a folder, and removes that. */
async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "exec-test-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const shell = (script: string, ...options: string[]) => [...options, "--", "sh", "-c", script];
const one = ["--max_servers", "1", "--log_level", "4"];

/** A client whose program said its first line, a process id; `body` is given both. */
async function withProgram(
  server: TestServer,
  body: (pid: number, client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(server.port);
  try {
    await body(Number(await client.line()), client);
  } finally {
    client.close();
  }
}

test("tine exec runs a program with the client's socket, and tells it who that is", { timeout }, async () => {
  const stale = {
    TCPREMOTEHOST: "stale",
    TCPREMOTEINFO: "stale",
    TCP6REMOTEIP: "stale",
    REMOTE_USER: "kept",
    TINE_X: "x",
  };
  const options = { handler: "exec", env: stale };
  await withServer(["--max_servers", "1", "--", "env"], options, async (server) => {
    const lines = (await hear(server.port)).split("\n");
    const [, remotePort] = /^TCPREMOTEPORT=(\d+)$/.exec(
      lines.find((l) => l.startsWith("TCPREMOTEPORT")) ?? "",
    ) ?? [];
    assert.ok(Number(remotePort) > 0);
    const told = lines.filter((line) => /^(TCP|PROTO|REMOTE_|TINE|UNIX)/.test(line)).toSorted();
    assert.deepEqual(told, [
      "PROTO=TCP",
      "REMOTE_ADDR=127.0.0.1",
      "REMOTE_HOST=127.0.0.1",
      `REMOTE_PORT=${remotePort}`,
      "REMOTE_USER=kept",
      "TCPLOCALIP=127.0.0.1",
      `TCPLOCALPORT=${server.port}`,
      "TCPREMOTEIP=127.0.0.1",
      `TCPREMOTEPORT=${remotePort}`,
    ]);
    assert.ok(lines.includes(`TMPDIR=${server.folder}`), "the rest of the environment is the server's");
    // How the runtime of a child is to start is no matter of the program's.
    assert.deepEqual(lines.filter((line) => /^(MALLOC_ARENA_MAX|DENO_UNSTABLE_\w+)=/.test(line)), []);
  });
});

test("a program waits for a client who takes a while", { timeout }, async () => {
  await withServer(shell("printf 'ready\\r\\n'; cat", ...one), {}, async (server) => {
    const client = new Client(server.port);
    try {
      assert.equal(await client.line(), "ready");
      await server.untilCalm();
      client.say("here I am");
      assert.equal(await client.line(), "here I am");
    } finally {
      client.close();
    }
  });
});

test(
  "a program starts as from a shell: no descriptors, no ignored signals, calls that wait",
  { timeout },
  async () => {
    const script = "ls /proc/$$/fd; grep ^flags /proc/self/fdinfo/0; grep ^Sig /proc/self/status; " +
      "cat /proc/$$/stat; ulimit -Sn; readlink /proc/self/fd/0 /proc/self/fd/1";
    await withServer(shell(script, ...one), {}, async (server) => {
      const text = await hear(server.port);
      assert.match(text, /^0\n1\n2\nflags:/, text);
      const flags = parseInt(/flags:\s+(\d+)/.exec(text)?.[1] ?? "", 8);
      assert.equal(flags & 0o4000, 0, "the socket is not blocking");
      assert.match(text, /SigBlk:\s0+\n/);
      // 32 and 33 belong to the C library, which ignores them in whatever it starts.
      assert.match(text, /SigIgn:\s0{7}[018]{2}0{7}\n/);
      const [pid, , , , group, session] = /^(\d+ \(sh\).*)$/m.exec(text)?.[1]?.split(" ") ?? [];
      assert.deepEqual([group, session], [pid, pid], "it leads a process group and a session");
      assert.ok(
        Number(/^(\d+)$/m.exec(text.split("(sh)")[1] ?? "")?.[1]) <= 1024,
        "the limit of files is the usual",
      );
      const sockets = text.trim().split("\n").slice(-2);
      assert.match(sockets[0] as string, /^socket:/);
      assert.equal(sockets[0], sockets[1]);
    });
  },
);

test(
  "a client sees the end as soon as the program closes the socket, not when it ends",
  { timeout },
  async () => {
    const script = `printf '%s\\r\\n' $$; exec <&- >&-; until [ -e "$TMPDIR/go" ]; do sleep 0.02; done`;
    await withServer(shell(script, ...one), {}, async (server) => {
      const pid = Number(await hear(server.port));
      assert.ok(runs(pid));
      writeFileSync(join(server.folder, "go"), "");
      await server.says(new RegExp(`EXEC pid\\(${pid}\\) ended with status 0`));
    });
  },
);

test("how a program ended is in the log, at level 2 if it failed", { timeout }, async () => {
  const script = "read word; case $word in die*) kill -9 $$;; fail*) exit 3;; esac";
  await withServer(shell(script, "--max_servers", "1"), {}, async (server) => {
    for (const word of ["well", "fail", "die"]) assert.equal(await hear(server.port, `${word} `), "");
    await server.says(/EXEC pid\(\d+\) ended with status 3 after \d+\.\d{3} s\n/);
    await server.says(/EXEC pid\(\d+\) was ended by SIGKILL after \d+\.\d{3} s\n/);
    assert.equal(server.count(/EXEC/), 2, "one that did well is no matter at level 2");
  });
  await withServer(shell("true", ...one), {}, async (server) => {
    await hear(server.port);
    await server.says(/EXEC pid\((\d+)\) \/\S+\/sh starts for 127\.0\.0\.1:\d+\n/);
    await server.says(/EXEC pid\(\d+\) ended with status 0 after /);
  });
});

test("standard error goes to the log, or to the client if so wanted", { timeout }, async () => {
  const script = "echo out; echo err >&2";
  await withServer(shell(script, ...one), {}, async (server) => {
    assert.equal(await hear(server.port), "out\n");
    await server.says(/\[\d+\] err\n/);
  });
  await withServer(shell(script, ...one, "--log_file", "FOLDER/log"), { log: "log" }, async (server) => {
    assert.equal(await hear(server.port), "out\n");
    await until(() => /\[\d+\] err$/m.test(server.file("log")), "err in the log file");
  });
  await withServer(shell(script, ...one, "--exec_stderr", "client"), {}, async (server) => {
    assert.equal(await hear(server.port), "out\nerr\n");
    assert.equal(server.count(/ err\n/), 0);
  });
});

/** Says the process id of a part of it that ignores TERM, as itself does. */
const stubborn = `trap "" TERM; sleep 1000 & printf '%s\\r\\n' $!; wait; sleep 1000`;

test("the time limit ends a program that ignores TERM, and what it started", { timeout }, async () => {
  const limits = ["--exec_timeout", "0.3", "--exec_kill_after", "0.2"];
  await withServer(shell(stubborn, ...one, ...limits), {}, async (server) => {
    await withProgram(server, async (grandchild, client) => {
      await client.rest();
      await until(() => !runs(grandchild), "the end of the grandchild");
    });
    await server.says(/EXEC pid\(\d+\) exceeds exec_timeout \(0\.3 s\): sending SIGTERM\n/);
    await server.says(/EXEC pid\(\d+\) did not end within 0\.2 s of SIGTERM: sending SIGKILL\n/);
    await server.says(/EXEC pid\(\d+\) was ended by SIGKILL/);
    assert.equal(server.children().length, 1, "the child lives on");
  });
});

test("the time limit ends a program that has time to clean up", { timeout }, async () => {
  const script = `trap "echo bye; exit 0" TERM; printf '%s\\r\\n' $$; while :; do sleep 0.02; done`;
  await withServer(shell(script, ...one, "--exec_timeout", "0.3"), {}, async (server) => {
    await withProgram(server, async (_, client) => assert.match(await client.rest(), /^bye\n$/));
    await server.says(/EXEC pid\(\d+\) ended with status 0/);
    assert.equal(server.count(/killed/), 0);
  });
});

test(
  "what a program leaves behind ends with it under a time limit, and is left alone without",
  { timeout },
  async () => {
    const script = `sleep 1000 >&- <&- 2>&- & printf '%s\\r\\n' $!`;
    await withServer(shell(script, ...one, "--exec_timeout", "100"), {}, async (server) => {
      await withProgram(server, async (left) => {
        await until(() => !runs(left), "the end of what is left");
      });
    });
    await withServer(shell(script, ...one), {}, async (server) => {
      await withProgram(server, async (left, client) => {
        await client.rest();
        await server.says(/EXEC pid\(\d+\) ended with status 0/);
        assert.ok(runs(left));
        signal(left, "SIGKILL");
      });
    });
  },
);

test("a server that is told to stop ends its programs, by force if need be", { timeout }, async () => {
  await withServer(shell(stubborn, ...one, "--exec_kill_after", "0.2"), {}, async (server) => {
    await withProgram(server, async (grandchild, client) => {
      await server.stop();
      assert.equal(await client.rest(), "");
      await until(() => !runs(grandchild), "the end of the grandchild");
    });
    assert.equal(server.count(/EXEC pid\(\d+\) was ended by SIGKILL/), 1);
    assert.equal(
      server.count(/did not end within .* s: sending SIGKILL/),
      0,
      "the parent had to kill the child",
    );
  });
});

test("a program has to end before the parent would kill the child", { timeout }, async () => {
  const stop = ["--exec_kill_after", "100", "--stop_timeout", "4"];
  await withServer(shell(stubborn, ...one, ...stop), {}, async (server) => {
    await withProgram(server, async (grandchild) => {
      await server.stop();
      await until(() => !runs(grandchild), "the end of the grandchild");
    });
    assert.equal(server.count(/did not end within 2 s of SIGTERM/), 1);
  });
});

test("QUIT and HUP let programs finish", { timeout }, async () => {
  const script = `printf '%s\\r\\n' $$; read word; echo got $word $0`;
  for (const name of ["SIGQUIT", "SIGHUP"] as const) {
    // An argument of the program's that is one of the runtime's too, but not here.
    await withServer([...shell(script, ...one), "--inspect"], {}, async (server) => {
      await withProgram(server, async (_, client) => {
        signal(server.pid, name);
        await server.says(/Kill HUP pid/);
        client.say("finished");
        assert.match(await client.rest(), /^got finished/);
      });
      if (name === "SIGQUIT") return assert.deepEqual(await server.end(), { code: 0, signal: null });
      await server.says(/Child Preforked/, { times: 2 });
      assert.match(await hear(server.port, "again"), /^\d+\r\ngot again\s+--inspect/);
    });
  }
});

test("a program outlives a child that is killed, and serves its client", { timeout }, async () => {
  const script = `printf '%s\\r\\n' $$; read word; echo got $word`;
  await withServer(shell(script, ...one), {}, async (server) => {
    await withProgram(server, async (_, client) => {
      const [child = 0] = server.children();
      signal(child, "SIGKILL");
      await server.says(/was killed by SIGKILL/);
      client.say("on");
      assert.match(await client.rest(), /^got on/);
      await server.says(/Child Preforked/, { times: 2 });
    });
  });
});

test("hundreds of clients, one after the other and at once, leave nothing behind", { timeout }, async () => {
  const options = ["--max_servers", "4", "--log_level", "4"];
  await withServer(shell("read word; echo $word", ...options), {}, async (server) => {
    const children = await server.untilReady(4);
    const serve = async (i: number) =>
      assert.match(await hear(server.port, `client ${i}`), new RegExp(`^client ${i}`));
    for (let i = 0; i < 20; i++) await serve(i);
    await server.says(/ended with status 0/, { times: 20 });
    const before = new Map(children.map((pid) => [pid, descriptors(pid)]));
    for (let i = 0; i < 200; i++) await serve(i);
    await Promise.all(Array.from({ length: 16 }, (_, i) => serve(i)));
    await server.says(/ended with status 0/, { times: 236 });
    assert.deepEqual(server.children().toSorted(), children.toSorted(), "the same children");
    for (const pid of children) {
      // Bun makes itself two, once, when a child first has to wait for a program.
      const most = (before.get(pid) as string[]).length + (onBun ? 2 : 0);
      await until(() => descriptors(pid).length <= most, "no more descriptors");
      assert.deepEqual(zombies(pid), []);
    }
  });
});

for (const personality of ["PreFork", "Fork"]) {
  test(`${personality} runs programs, and ends those that run when it stops`, { timeout }, async () => {
    const options = ["--server_type", personality, "--max_servers", "5", "--log_level", "4"];
    const script = `read word; case $word in stay*) printf '%s\\r\\n' $$; sleep 1000;; *) echo $word;; esac`;
    await withServer(shell(script, ...options, "--exec_timeout", "100"), {}, async (server) => {
      const serve = async (i: number) =>
        assert.match(await hear(server.port, `client ${i}`), new RegExp(`^client ${i}`));
      for (let i = 0; i < 5; i++) await serve(i);
      await Promise.all(Array.from({ length: 10 }, (_, i) => serve(i)));
      await server.says(/ended with status 0/, { times: 15 });
      const client = new Client(server.port);
      client.say("stay");
      const pid = Number(await client.line());
      assert.ok(runs(pid));
      await server.stop();
      assert.equal(await client.rest(), "");
      await until(() => !runs(pid), "the end of the program");
      client.close();
    });
  });
}

test("hooks decide who is served by a program", { timeout }, async () => {
  const options = { handler: fixture("turn_away.ts") };
  await withServer(shell("echo served", ...one), options, async (server) => {
    assert.equal(await hear(server.port), "not you\n");
    assert.equal(await hear(server.port), "served\n");
    await server.says(/DENY 127\.0\.0\.1/);
    await server.stop();
    assert.equal(server.count(/childFinish server/), 1, "the hooks of the handler are called too");
  });
});

test(
  "a program that cannot be started is an error in the log, and the child goes on",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const program = join(folder, "program");
      writeFileSync(program, "#!/bin/sh\necho served\n", { mode: 0o755 });
      await withServer([...one, "--", program], {}, async (server) => {
        assert.equal(await hear(server.port), "served\n");
        renameSync(program, `${program}.away`);
        assert.equal(await hear(server.port), "");
        await server.says(/Cannot start \S+program: no such file or directory \(ENOENT\); see whether/);
        renameSync(`${program}.away`, program);
        assert.equal(await hear(server.port), "served\n");
        assert.equal(server.count(/Child Preforked/), 1);
      });
    });
  },
);

test("rules of access decide who is served, and a name that was looked up is told", { timeout }, async () => {
  await withServer(shell("echo served", ...one, "--cidr_deny", "127.0.0.0/8"), {}, async (server) => {
    assert.equal(await hear(server.port), "");
    await server.says(/DENY 127\.0\.0\.1:\d+/);
    assert.equal(server.count(/EXEC/), 0);
  });
  const { stdout } = spawnSync("getent", ["hosts", "127.0.0.1"], { encoding: "utf8" });
  const [, name] = stdout.split(/\s+/);
  await withServer([...one, "--reverse_lookups", "1", "--", "env"], {}, async (server) => {
    const told = (await hear(server.port)).split("\n").filter((line) => /^\w*REMOTE_?HOST=/.test(line));
    const expected = name === undefined
      ? ["REMOTE_HOST=127.0.0.1"]
      : [`REMOTE_HOST=${name}`, `TCPREMOTEHOST=${name}`];
    assert.deepEqual(told.toSorted(), expected);
  });
});

test("a client of a unix socket is told of as unixserver does", { timeout }, async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "socket");
    await withServer([...one, "--port", `${path}|unix`, "--", "env"], {}, async (server) => {
      const client = new Client(path);
      const lines = (await client.rest()).split("\n");
      client.close();
      const told = lines.filter((line) => /^(TCP|PROTO|REMOTE_|UNIX)/.test(line)).toSorted();
      assert.deepEqual(told.map((line) => line.replace(/PID=\d+$/, "PID=")), [
        "PROTO=UNIX",
        `UNIXLOCALPATH=${path}`,
        `UNIXREMOTEEGID=${process.getegid?.()}`,
        `UNIXREMOTEEUID=${process.geteuid?.()}`,
        "UNIXREMOTEPID=",
      ]);
      await server.says(/EXEC pid\(\d+\) ended with status 0/);
    });
  });
});

test("git clone works through git daemon --inetd", { timeout, skip: noGit }, async () => {
  await withFolder(async (folder) => {
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
    const author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    git("init", "--quiet", "work");
    const content = Array.from({ length: 20_000 }, (_, i) => `line ${i * 7919}\n`).join("");
    writeFileSync(join(folder, "work/file"), content);
    git("-C", "work", "add", "file");
    git("-C", "work", ...author, "commit", "--quiet", "-m", "first");
    git("clone", "--quiet", "--bare", "work", "project.git");
    // The example as it is, but for the place of the repositories; the port is this test's.
    const text = readFileSync(example("git_daemon.toml"), "utf8").replace("/srv/git", folder);
    writeFileSync(join(folder, "git_daemon.toml"), text);
    await withServer(["--conf_file", join(folder, "git_daemon.toml")], {}, async (server) => {
      git("clone", "--quiet", `git://127.0.0.1:${server.port}/project.git`, "cloned");
      assert.equal(readFileSync(join(folder, "cloned/file"), "utf8"), content);
      await server.says(/EXEC pid\(\d+\) ended with status 0/);
      const failure = spawnSync("git", ["ls-remote", `git://127.0.0.1:${server.port}/none.git`], {
        encoding: "utf8",
      });
      assert.match(failure.stderr, /repository not exported|access denied/);
      await server.says(/EXEC pid\(\d+\) ended with status 255/);
    });
  });
});

test("rsync works through rsync --daemon", { timeout, skip: noRsync }, async () => {
  await withFolder(async (folder) => {
    mkdirSync(join(folder, "module/sub"), { recursive: true });
    const content = "some bytes ".repeat(100_000);
    writeFileSync(join(folder, "module/sub/file"), content);
    const settings = `use chroot = no\n[files]\npath = ${join(folder, "module")}\nread only = no\n`;
    writeFileSync(join(folder, "rsyncd.conf"), `${settings}uid = root\ngid = root\n`);
    const program = ["rsync", "--daemon", "--config", join(folder, "rsyncd.conf")];
    await withServer([...one, "--", ...program], {}, async (server) => {
      const rsync = (...args: string[]) =>
        execFileSync("rsync", ["-a", ...args], { cwd: folder, stdio: "pipe" });
      const url = `rsync://127.0.0.1:${server.port}/files/`;
      rsync(url, "down/");
      assert.equal(readFileSync(join(folder, "down/sub/file"), "utf8"), content);
      writeFileSync(join(folder, "down/new"), "new");
      rsync("down/", url);
      assert.equal(readFileSync(join(folder, "module/new"), "utf8"), "new");
      await server.says(/EXEC pid\(\d+\) ended with status 0/, { times: 2 });
    });
  });
});

/** Whether this process may make a namespace of process numbers. */
const noNamespace = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0
  ? false
  : "no right to unshare";

test("as the first process of a container, the server reaps what programs leave behind", {
  timeout,
  skip: noNamespace,
}, async () => {
  const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
  const command = tine("--port", "127.0.0.1:0", ...shell("(sleep 0.05) & echo served", ...one));
  const container = spawn("unshare", [...unshare, ...command], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  container.stderr.on("data", (bytes) => said += bytes);
  const ended = once(container, "exit");
  try {
    const port = Number(await until(() => /auto-assigned port (\d+)/.exec(said)?.[1], () => said));
    for (let i = 0; i < 3; i++) assert.equal(await hear(port), "served\n");
    await until(() => /(EXEC pid\(\d+\) ended[^]*){3}/.test(said), () => said);
    const [server = 0] = childrenOf(container.pid as number);
    // One left behind sleeps for a while before it becomes a zombie, and longer on a busy machine.
    await until(() => childrenOf(server).length === 1, () => `left: ${childrenOf(server)}`);
    assert.deepEqual(zombies(server), []);
  } finally {
    signal(childrenOf(container.pid as number)[0] ?? (container.pid as number), "SIGTERM");
    await within(ended, "the end of the container");
  }
});
