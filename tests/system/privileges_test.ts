import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { childrenOf, notRoot, rootOf, statOf, threadsOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { Client, exchange, fixture, semaphoresOf, signal } from "../support/server.ts";
import { until } from "../support/until.ts";

const skip = notRoot;
const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "2"];

/** The numbers of a user: those of the password database, whatever this system gives them. */
function idsOf(user: string): { uid: number; gid: number } {
  const line = readFileSync("/etc/passwd", "utf8").split("\n").find((text) => text.startsWith(`${user}:`));
  const [, , uid, gid] = (line ?? "").split(":").map(Number);
  assert.ok(uid !== undefined && gid !== undefined && uid > 0, `no user ${user}`);
  return { uid, gid };
}

function gidOf(group: string): number {
  const line = readFileSync("/etc/group", "utf8").split("\n").find((text) => text.startsWith(`${group}:`));
  return Number((line ?? "").split(":")[2]);
}

/** Checks that every thread of a process is this user and nobody else, without any capability. */
function assertIs(pid: number, uid: number, gid: number, groups: readonly number[]): void {
  const threads = threadsOf(pid);
  assert.ok(threads.length > 0);
  for (const thread of threads) {
    assert.deepEqual(thread.uids, [uid, uid, uid, uid], `users of ${pid}`);
    assert.deepEqual(thread.gids, [gid, gid, gid, gid], `groups of ${pid}`);
    assert.deepEqual(thread.groups.toSorted(), [...groups].toSorted(), `supplementary groups of ${pid}`);
    for (const capabilities of thread.capabilities) assert.match(capabilities, /^0+$/);
  }
}

const nobody = skip ? { uid: 0, gid: 0 } : idsOf("nobody");

test("user and group: parent and children are nobody else, in every thread", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const args = [...PORT0, "--user", "nobody", "--group", "daemon,games"];
    const { status, stderr } = await folder.start(args);
    assert.equal(status, 0, stderr);
    const groups = [gidOf("daemon"), gidOf("games")];
    const children = await folder.children(2);
    for (const pid of [folder.pid, ...children]) {
      assertIs(pid, nobody.uid, gidOf("daemon"), groups);
      assert.equal(rootOf(pid), "/");
    }
    const { uid, gid } = statSync(folder.file("log"));
    assert.deepEqual([uid, gid], [nobody.uid, gidOf("daemon")]);
    await exchange(folder.port);
    // A restart by who has no rights left.
    signal(folder.pid, "SIGHUP");
    for (const pid of [folder.pid, ...await folder.children(2, children)]) {
      assertIs(pid, nobody.uid, gidOf("daemon"), groups);
    }
    await exchange(folder.port);
    await folder.stop();
  });
});

test("user and group as numbers, without an entry in a database", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const { status, stderr } = await folder.start([...PORT0, "--user", "54321", "--group", "54322 54323"]);
    assert.equal(status, 0, stderr);
    for (const pid of [folder.pid, ...await folder.children(2)]) assertIs(pid, 54321, 54322, [54322, 54323]);
    await folder.stop();
  });
});

const noSetpriv = skip || (spawnSync("setpriv", ["--version"]).status === 0 ? false : "no setpriv");

const noNamespace = skip || spawnSync("unshare", ["--mount", "true"]).status !== 0
  ? "needs root and unshare --mount"
  : false;

test(
  "user without group takes all groups of that user, and none of root's",
  { skip: noNamespace, timeout },
  async () => {
    await withFolder(async (folder) => {
      const group = folder.write("group", `${readFileSync("/etc/group", "utf8")}extra:x:54400:nobody\n`);
      // In a namespace of its own, the group database has one more group.
      const before = [
        "setpriv",
        "--groups=0,4",
        "unshare",
        "--mount",
        "sh",
        "-c",
        `mount --bind ${group} /etc/group && exec "$@"`,
        "sh",
      ];
      const { status, stderr } = await folder.start([...PORT0, "--user", "nobody"], { before });
      assert.equal(status, 0, stderr);
      for (const pid of [folder.pid, ...await folder.children(2)]) {
        assertIs(pid, nobody.uid, nobody.gid, [nobody.gid, 54400]);
      }
      await folder.stop();
    });
  },
);

test("who could become root again does not go on as another user", { skip: noSetpriv, timeout }, async () => {
  await withFolder(async (folder) => {
    // With it, the system leaves a process its capabilities when its user changes.
    const before = ["setpriv", "--securebits", "+no_setuid_fixup"];
    const { status, stderr } = await folder.start([...PORT0, "--user", "nobody"], { before });
    assert.equal(status, 77, stderr);
    const why = `Cannot go on as user ${nobody.uid}: the process could become root again`;
    assert.match(stderr, new RegExp(why));
    assert.equal(folder.read("pid"), "");
  });
});

test(
  "chroot: children are inside and have no rights, the parent stays outside",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      mkdirSync(folder.file("root"));
      const args = [...PORT0, "--chroot", folder.file("root"), "--user", "nobody", "--group", "nogroup"];
      const { status, stderr } = await folder.start(args);
      assert.equal(status, 0, stderr);
      const children = await folder.children(2);
      const check = (pids: readonly number[]) => {
        assert.equal(rootOf(folder.pid), "/");
        for (const pid of pids) {
          assert.equal(rootOf(pid), folder.file("root"));
          assertIs(pid, nobody.uid, gidOf("nogroup"), [gidOf("nogroup")]);
        }
      };
      check(children);
      const pid = await exchange(folder.port);
      assert.ok(children.includes(pid));
      signal(folder.pid, "SIGHUP");
      const next = await folder.children(2, children);
      check(next);
      await exchange(folder.port);
      // Children have the file that the parent has opened: they stay.
      signal(folder.pid, "SIGUSR1");
      await folder.says(/Reopened log_file/);
      assert.deepEqual(await folder.children(2, children), next);
      await exchange(folder.port);
      await folder.stop();
    });
  },
);

for (const serialize of ["flock", "semaphore", "pipe"]) {
  test(
    `chroot: children take turns by ${serialize} after they have given up root`,
    { skip, timeout },
    async () => {
      await withFolder(async (folder) => {
        mkdirSync(folder.file("root"));
        const args = [...PORT0, "--port", "127.0.0.1:0", "--chroot", folder.file("root"), "--user", "nobody"];
        const { status, stderr } = await folder.start([...args, "--serialize", serialize]);
        assert.equal(status, 0, stderr);
        const pids = new Set([folder.pid, ...await folder.children(2)]);
        for (const port of folder.ports) await Promise.all([1, 2, 3].map(() => exchange(port)));
        assert.doesNotMatch(folder.log, /ends: /);
        await folder.stop();
        assert.deepEqual(semaphoresOf(pids), [], "semaphores are left");
      });
    },
  );
}

test(
  "chroot: a child that may not signal the parent can still close the server",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      mkdirSync(folder.file("root"));
      const args = [fixture("closing.ts"), ...PORT0, "--chroot", folder.file("root"), "--user", "nobody"];
      assert.equal((await folder.start(args)).status, 0);
      const { pid } = folder;
      const client = new Client(folder.port);
      client.say("hello");
      assert.equal(await client.line(), "hello");
      client.say("close");
      await until(() => statOf(pid) === undefined, "the end of the server");
      client.close();
      assert.equal(folder.read("pid"), "");
    });
  },
);

test("PreFork: children that count who waits are inside as well", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("root"));
    const numbers = [
      "--min_servers",
      "2",
      "--max_servers",
      "4",
      "--min_spare_servers",
      "1",
      "--max_spare_servers",
      "2",
    ];
    const args = [
      "PreFork",
      "--port",
      "127.0.0.1:0",
      ...numbers,
      "--chroot",
      folder.file("root"),
      "--user",
      "nobody",
    ];
    const { status, stderr } = await folder.start(args);
    assert.equal(status, 0, stderr);
    for (const pid of await folder.children(2)) assert.equal(rootOf(pid), folder.file("root"));
    await exchange(folder.port);
    await folder.stop();
  });
});

test(
  "Single: the process itself goes inside, and cannot be restarted from there",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      mkdirSync(folder.file("root"));
      const args = ["Single", "--port", "127.0.0.1:0", "--chroot", folder.file("root"), "--user", "nobody"];
      const { status, stderr } = await folder.start(args);
      assert.equal(status, 0, stderr);
      assert.equal(rootOf(folder.pid), folder.file("root"));
      assertIs(folder.pid, nobody.uid, nobody.gid, [nobody.gid]);
      await exchange(folder.port);
      signal(folder.pid, "SIGHUP");
      await folder.says(/Cannot restart: Cannot start .*; going on with the present configuration/);
      await exchange(folder.port);
      const { pid } = folder;
      const outcome = await folder.run(["stop", "--pid_file", folder.file("pid")]);
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(statOf(pid), undefined);
    });
  },
);

test("Single: user without chroot restarts as that user", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(["Single", "--port", "127.0.0.1:0", "--user", "nobody"])).status, 0);
    assertIs(folder.pid, nobody.uid, nobody.gid, [nobody.gid]);
    const reload = await folder.run(["reload", "--pid_file", folder.file("pid")]);
    assert.equal(reload.status, 0, reload.stderr);
    assertIs(folder.pid, nobody.uid, nobody.gid, [nobody.gid]);
    await exchange(folder.port);
    await folder.stop();
  });
});

test("root without a user is warned, in Net::Server's words, and stays root", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    assert.match(folder.log, / Group Not Defined. {2}Defaulting to EGID '0.*'$/m);
    assert.match(folder.log, / User Not Defined. {2}Defaulting to EUID '0'$/m);
    assert.deepEqual(threadsOf(folder.pid)[0]?.uids, [0, 0, 0, 0]);
    await folder.stop();
  });
});

const REFUSED: readonly [string, readonly string[], number, RegExp][] = [
  [
    "an unknown user",
    ["--user", "no_such_user"],
    78,
    /Cannot set user to "no_such_user": there is no such user; /,
  ],
  [
    "an unknown group",
    ["--group", "daemon no_such"],
    78,
    /Cannot set group to .*: there is no group "no_such"; /,
  ],
  ["a user without groups", ["--user", "54321"], 78, /Cannot set user to "54321": .*; give group too$/m],
  [
    "a chroot that is none",
    ["--chroot", "/no/such"],
    78,
    /Cannot set chroot to "\/no\/such": there is no such dir/,
  ],
];

for (const [title, args, status, line] of REFUSED) {
  test(`${title} is refused in one line with its place`, { skip, timeout }, async () => {
    await withFolder(async (folder) => {
      const outcome = await folder.start([...PORT0, ...args]);
      assert.equal(outcome.status, status, outcome.stderr);
      assert.match(outcome.stderr, /^tine: command line:\d+: /);
      assert.match(outcome.stderr, line);
      assert.equal(folder.read("pid"), "", "a pid file is left");
    });
  });
}

test("an app that the user may not use is told before any child dies of it", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const [module, program, site] = ["app.ts", "run.cgi", "site"].map((name) => folder.file(name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(module, "export default { fetch: () => new Response() };\n", { mode: 0o600 });
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
    mkdirSync(site, { mode: 0o700 });
    for (const [target, verb] of [[module, "read"], [program, "execute"], [site, "execute"]]) {
      const { status, stderr } = await folder.start([...PORT0, "--app", `/=${target}`, "--user", "nobody"]);
      assert.equal(status, 77, stderr);
      assert.match(
        stderr,
        new RegExp(`Cannot start children as user \\d+: it may not ${verb} "${target}/?"; install`),
      );
    }
  });
});

test(
  "a program that the user may not read is told before any child dies of it",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      const handler = folder.file("handler.ts");
      writeFileSync(handler, "export default async () => {};\n", { mode: 0o600 });
      const { status, stderr } = await folder.start([handler, ...PORT0, "--user", "nobody"]);
      assert.equal(status, 77);
      assert.match(stderr, /Cannot start children as user \d+: it may not read ".*handler.ts"; install/);
    });
  },
);

/** Words that make the command an ordinary user's: nobody, unless this is one already. */
const asNobody = process.getuid?.() === 0
  ? ["setpriv", `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, "--clear-groups"]
  : [];
const noUser = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status !== 0
  ? "no setpriv"
  : false;

test("an ordinary user starts, reloads and stops a daemon", { skip: noUser, timeout }, async () => {
  await withFolder(async (folder) => {
    const options = { before: asNobody };
    assert.equal((await folder.start(PORT0, options)).status, 0);
    const children = await folder.children(2);
    await exchange(folder.port);
    const reload = await folder.run(["reload", "--pid_file", folder.file("pid")], options);
    assert.equal(reload.status, 0, reload.stderr);
    await folder.children(2, children);
    const { status, stdout } = await folder.run(["status", "--pid_file", folder.file("pid")], options);
    assert.equal(status, 0);
    assert.match(stdout, /1 reload$/m);
    await folder.stop(options);
  });
});

test("an ordinary user cannot become another, nor change the root", { skip: noUser, timeout }, async () => {
  await withFolder(async (folder) => {
    const options = { before: asNobody };
    const user = await folder.start([...PORT0, "--user", "daemon"], options);
    assert.equal(user.status, 77, user.stderr);
    assert.match(
      user.stderr,
      /Cannot .*operation not permitted.*start as root, or leave user and group out/i,
    );
    const chroot = await folder.start([...PORT0, "--chroot", folder.path], options);
    assert.equal(chroot.status, 77, chroot.stderr);
    assert.match(chroot.stderr, /Cannot set chroot to ".*": only root can/);
    // Who is that user already has nothing to change.
    const same = await folder.start([...PORT0, "--user", "nobody"], options);
    assert.equal(same.status, 0, same.stderr);
    await folder.stop(options);
  });
});

test("another user cannot stop a server, and is told so", { skip: noUser || skip, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    const outcome = await folder.run(["stop", "--pid_file", folder.file("pid")], { before: asNobody });
    assert.equal(outcome.status, 77, outcome.stderr);
    assert.match(outcome.stderr, /Cannot signal the server with process id \d+: it runs as another user/);
    assert.equal(childrenOf(folder.pid).length, 2);
    await folder.stop();
  });
});

const everyPortIsFree = (() => {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) < 1024;
  } catch {
    return true;
  }
})();

test(
  "after the drop a new port below 1024 is refused, and the old server goes on",
  { skip: skip || (everyPortIsFree ? "every user may bind ports below 1024 here" : false), timeout },
  async () => {
    await withFolder(async (folder) => {
      const conf = folder.write("tine.conf", "port 127.0.0.1:0\nmax_servers 2\nuser nobody\n");
      assert.equal((await folder.start(["--conf_file", conf])).status, 0);
      const children = await folder.children(2);
      folder.write("tine.conf", "port 127.0.0.1:0\nport 127.0.0.1:987\nmax_servers 2\nuser nobody\n");
      const { status, stderr } = await folder.run([
        "reload",
        "--conf_file",
        conf,
        "--pid_file",
        folder.file("pid"),
      ]);
      assert.equal(status, 78);
      assert.match(
        stderr,
        /Cannot bind 127\.0\.0\.1:987 .*permission denied.*; start as root.*the server goes on/,
      );
      assert.deepEqual(childrenOf(folder.pid).toSorted(), children.toSorted());
      await exchange(folder.port);
      await folder.stop();
    });
  },
);

for (const personality of ["PreForkSimple", "Single"]) {
  test(`chroot: ${personality} logs what a handler throws`, { skip, timeout }, async () => {
    await withFolder(async (folder) => {
      mkdirSync(folder.file("root"));
      const text = 'export default (): never => {\n  throw new Error("on purpose");\n};\n';
      const handler = folder.write("throwing.ts", text);
      const place = ["--port", "127.0.0.1:0", "--user", "nobody", "--chroot", folder.file("root")];
      assert.equal((await folder.start([personality, handler, ...place])).status, 0);
      await new Client(folder.port).rest().catch(() => {});
      await folder.says(/handler threw Error: on purpose/i);
      assert.doesNotMatch(folder.log, /panicked/);
      // Single ends with its handler; from inside of the new root it cannot remove the pid file.
      if (personality === "PreForkSimple") await folder.stop();
      else await until(() => statOf(folder.pid) === undefined);
    });
  });
}
