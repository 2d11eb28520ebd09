import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { notRoot, statOf, withFolder } from "../support/daemon.ts";
import { asUser, idsOf, program, withBystander } from "../support/processes.ts";
import { exchange, signal } from "../support/server.ts";
import { until } from "../support/until.ts";

const timeout = 60_000;
const skip = notRoot !== false
  ? notRoot
  : spawnSync("setpriv", ["--version"]).status === 0
  ? false
  : "no setpriv";
const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "2"];
const FORGER = "tests/system/fixtures/forged_server.ts";
const VERBS = ["stop", "quit", "reload", "status"];
const nobody = skip ? { uid: 0, gid: 0 } : idsOf("nobody");

const STATUS = {
  version: "1",
  runtime: "deno",
  personality: "Single",
  startedMs: 1,
  configuredMs: 1,
  listeners: ["127.0.0.1:1"],
  how: "one",
  scaled: 0,
  reloads: 0,
};

test(
  "the pid file stays root's, whoever the server becomes, also over a restart",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      assert.equal((await folder.start([...PORT0, "--user", "nobody"])).status, 0);
      const check = () => {
        const { uid, mode } = statSync(folder.file("pid"));
        assert.deepEqual([uid, mode & 0o7777], [0, 0o644]);
        const write = spawnSync("setpriv", [
          ...asUser("nobody").slice(1),
          "sh",
          "-c",
          `echo 1 > ${folder.file("pid")}`,
        ]);
        assert.notEqual(write.status, 0);
      };
      check();
      const reload = await folder.run(["reload", "--pid_file", folder.file("pid")]);
      assert.equal(reload.status, 0, reload.stderr);
      check();
      await folder.stop();
    });
  },
);

for (const verb of VERBS) {
  test(`tine ${verb} believes no number that another user wrote`, { skip, timeout }, async () => {
    await withFolder(async (folder) => {
      await withBystander(undefined, async (victim) => {
        assert.equal((await folder.start([...PORT0, "--user", "nobody"])).status, 0);
        const { pid } = folder;
        folder.remember(pid);
        // As a file of an older server is, and as one in a folder of the user's can be made.
        chownSync(folder.file("pid"), nobody.uid, nobody.gid);
        writeFileSync(folder.file("pid"), `${victim.pid}\n`);
        const outcome = await folder.run([verb, "--pid_file", folder.file("pid")]);
        assert.equal(outcome.status, verb === "status" ? 4 : 69, outcome.stdout);
        assert.match(
          outcome.stderr,
          new RegExp(`names process ${victim.pid}, but it is process ${pid} that has it locked`),
        );
        assert.ok(victim.lives);
        assert.notEqual(statOf(pid), undefined);
      });
    });
  });
}

test("a lock of just anybody's makes no server", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const file = folder.write("pid", "");
    chownSync(file, nobody.uid, nobody.gid);
    await withBystander(undefined, async (victim) => {
      const forger = [
        ...asUser("nobody"),
        ...program(FORGER),
        file,
        String(victim.pid),
        JSON.stringify(STATUS),
      ];
      await withBystander(forger, async (one) => {
        await one.says("locked");
        for (const verb of VERBS) {
          const { status, stderr } = await folder.run([verb, "--pid_file", file]);
          assert.equal(status, verb === "status" ? 4 : 69);
          assert.match(stderr, new RegExp(`names process ${victim.pid}, but it is process ${one.pid} that`));
        }
        assert.ok(victim.lives && one.lives);
      });
    });
  });
});

test("root's process is signalled only where root wrote its number", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(PORT0)).status, 0);
    folder.remember(folder.pid);
    const stop = () => folder.run(["stop", "--pid_file", folder.file("pid")]);
    chownSync(folder.file("pid"), nobody.uid, nobody.gid);
    const owned = await stop();
    assert.equal(owned.status, 69);
    assert.match(
      owned.stderr,
      /is not to be believed: it belongs to user \d+, and names a process of another user/,
    );
    chownSync(folder.file("pid"), 0, 0);
    chmodSync(folder.file("pid"), 0o666);
    const open = await stop();
    assert.equal(open.status, 69);
    assert.match(open.stderr, /is not to be believed: others may write it, and could name any process there/);
    chmodSync(folder.file("pid"), 0o644);
    await exchange(folder.port);
    await folder.stop();
  });
});

test("a process that has locked the file but is no server is left alone", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const file = folder.write("pid", "");
    // As cron and others lock theirs.
    await withBystander(
      ["flock", "--no-fork", "-x", file, "sh", "-c", "echo locked; exec sleep 600"],
      async (locker) => {
        await locker.says("locked");
        writeFileSync(file, `${locker.pid}\n`);
        const { status, stderr } = await folder.run(["stop", "--pid_file", file]);
        assert.equal(status, 69);
        assert.match(stderr, new RegExp(`is locked by process ${locker.pid}, which is no server of Tine's`));
        assert.ok(locker.lives);
      },
    );
  });
});

test(
  "a process that was lent the descriptor of another's lock has not locked the file",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      const file = folder.write("pid", "");
      // The command has the descriptor by which flock(1) took the lock.
      const borrower = [...program(FORGER), file, "0", JSON.stringify(STATUS), "lent"];
      await withBystander(["flock", "-x", file, ...borrower], async (locker) => {
        await locker.says("locked");
        const { status, stderr } = await folder.run(["stop", "--pid_file", file]);
        assert.equal(status, 69);
        assert.match(
          stderr,
          new RegExp(`names process \\d+, but it is process ${locker.pid} that has it locked`),
        );
        assert.ok(locker.lives);
      });
    });
  },
);

test(
  "what somebody tells as a status reaches the terminal as plain text",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      const file = folder.write("pid", "");
      chownSync(file, nobody.uid, nobody.gid);
      const told = {
        ...STATUS,
        how: "\x1b[2J\x1b]0;owned\x07\nListening on all",
        // Not a number, so that /proc/PID/fd/… would be another file.
        scoreboard: { fd: "../../../etc/passwd", capacity: 1e15 },
      };
      for (const scoreboard of [told.scoreboard, undefined]) {
        const text = JSON.stringify({ ...told, scoreboard });
        await withBystander([...asUser("nobody"), ...program(FORGER), file, "0", text], async (one) => {
          await one.says("locked");
          const { status, stdout } = await folder.run(["status", "--pid_file", file]);
          assert.equal(status, 0);
          assert.match(stdout, /^Served by .*%1B/m);
          // deno-lint-ignore no-control-regex
          assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f]/);
          assert.doesNotMatch(stdout, /^Listening on all/m);
        });
      }
    });
  },
);

test(
  "a server that may not remove its pid file leaves it to stop, or to the next start",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      mkdirSync(folder.file("run"), { mode: 0o755 });
      const pidFile = folder.file("run/pid");
      const args = [
        ...PORT0,
        "--user",
        "nobody",
        "--setsid",
        "--pid_file",
        pidFile,
        "--log_file",
        folder.file("log"),
      ];
      const start = async () => {
        const { status, stdout, stderr } = await folder.run(args);
        assert.equal(status, 0, stderr);
        const pid = Number(/process id (\d+)/.exec(stdout)?.[1]);
        folder.remember(pid);
        return pid;
      };
      const first = await start();
      signal(first, "SIGTERM");
      await until(() => statOf(first) === undefined, "the end of the server");
      assert.equal(folder.read("run/pid"), `${first}\n`);
      await folder.says(
        /Cannot remove pid_file .*: permission denied .*; it is left for tine stop, or the next start/,
      );
      const dead = await folder.run(["stop", "--pid_file", pidFile]);
      assert.equal(dead.status, 0);
      assert.match(dead.stdout, new RegExp(`is left over from process ${first}`));
      const second = await start();
      assert.equal(folder.read("run/pid"), `${second}\n`);
      const stop = await folder.run(["stop", "--pid_file", pidFile]);
      assert.equal(stop.status, 0, stop.stderr);
      assert.equal(existsSync(pidFile), false);
    });
  },
);

test("a pid file that an older server gave away is taken back", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    chownSync(folder.write("pid", "4194304\n"), nobody.uid, nobody.gid);
    chmodSync(folder.file("pid"), 0o666);
    assert.equal((await folder.start([...PORT0, "--user", "nobody"])).status, 0);
    const { uid, mode } = statSync(folder.file("pid"));
    assert.deepEqual([uid, mode & 0o7777], [0, 0o644]);
    await folder.stop();
  });
});
