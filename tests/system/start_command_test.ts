import assert from "node:assert/strict";
import { test } from "node:test";
import { type DaemonFolder, statOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { exchange } from "../support/server.ts";

function configure(folder: DaemonFolder, lines: readonly string[] = []): string {
  const base = ['port = "127.0.0.1:0"', "max_servers = 2", "log_level = 4"];
  const files = [`pid_file = "${folder.file("pid")}"`, `log_file = "${folder.file("log")}"`];
  return folder.write("tine.toml", `${[...base, ...files, ...lines].join("\n")}\n`);
}

test("tine start runs a server in the background, which reloads and stops like any other", {
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    const conf = configure(folder);
    const start = await folder.run(["start", "-c", conf]);
    folder.remember(folder.pid);
    assert.deepEqual(start, {
      status: 0,
      stdout: `Listening on 127.0.0.1:${folder.port} in the background, process id ${folder.pid}\n`,
      stderr: "",
    });
    const children = await folder.children(2);
    assert.equal((await folder.run(["start", "-c", conf])).status, 69);
    assert.equal((await folder.run(["reload", "-c", conf])).status, 0);
    await folder.children(2, children);
    await exchange(folder.port);
    await folder.stop();
  });
});

test("tine start without a pid file is refused", { timeout }, async () => {
  await withFolder(async (folder) => {
    const { status, stdout, stderr } = await folder.run(["start", "--port", "127.0.0.1:0"]);
    assert.deepEqual([status, stdout], [64, ""]);
    assert.match(stderr, /^tine: Missing pid_file: .*; write tine start --pid_file FILE, or -c FILE/);
  });
});

test(
  "tine restart gives a new process, starts what has ended, and costs nothing where the start would fail",
  {
    timeout,
  },
  async () => {
    await withFolder(async (folder) => {
      const conf = configure(folder);
      assert.equal((await folder.run(["start", "-c", conf])).status, 0);
      const first = folder.pid;
      folder.remember(first);
      configure(folder, ["max_servers = 0"]);
      const refused = await folder.run(["restart", "-c", conf]);
      assert.equal(refused.status, 78);
      assert.notEqual(statOf(first), undefined, "it runs on");

      configure(folder);
      const restart = await folder.run(["restart", "-c", conf]);
      const second = folder.pid;
      folder.remember(second);
      assert.deepEqual(restart, {
        status: 0,
        stdout: `The server with process id ${first} has ended\n` +
          `Listening on 127.0.0.1:${folder.port} in the background, process id ${second}\n`,
        stderr: "",
      });
      assert.notEqual(second, first);
      // The program is one that serves, so that a reload makes no second restart of it.
      assert.equal((await folder.run(["reload", "-c", conf])).status, 0);
      assert.equal(folder.pid, second);
      await exchange(folder.port);
      await folder.stop();

      const again = await folder.run(["restart", "-c", conf]);
      folder.remember(folder.pid);
      assert.equal(again.status, 0);
      assert.match(again.stdout, /^There is nothing to stop: .*\nListening on /);
      await folder.stop();
    });
  },
);
