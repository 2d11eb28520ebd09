/** The folder that a server was started in is removed while it runs, as a deployment does with an old release. */
import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { childrenOf, withFolder } from "../support/daemon.ts";
import { exchange, onBun, signal } from "../support/server.ts";

const timeout = 60_000;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;

test(
  "the start directory is removed: children are replaced and a HUP is taken all the same",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const release = folder.file("release");
      mkdirSync(release);
      const runtime = [process.execPath, ...(onBun ? [] : ["run", "-A"]), CLI].join(" ");
      const program = ["sh", "-c", `cd ${release} && exec ${runtime} "$@"`, "sh"];
      const args = ["--port", "127.0.0.1:0", "--max_servers", "1"];
      assert.equal((await folder.start(args, { program })).status, 0);
      let children = await folder.children(1);
      rmdirSync(release);
      for (const child of children) signal(child, "SIGKILL");
      children = await folder.children(1, children);
      assert.ok(children.includes(await exchange(folder.port)));
      signal(folder.pid, "SIGHUP");
      await folder.says(/Reloaded in|Cannot restart/);
      assert.doesNotMatch(folder.log, /Cannot restart/);
      children = await folder.children(1, children);
      assert.deepEqual(childrenOf(folder.pid).toSorted(), children.toSorted());
      assert.ok(children.includes(await exchange(folder.port)));
      // A second time, now from where the first one has left it.
      signal(folder.pid, "SIGHUP");
      await folder.says(/Reloaded in/, 2);
      await folder.children(1, children);
      await folder.stop();
    });
  },
);

test("the start directory is removed: relative paths lead nowhere, and a HUP that needs one is refused", {
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    const release = folder.file("release");
    mkdirSync(release);
    const runtime = [process.execPath, ...(onBun ? [] : ["run", "-A"]), CLI].join(" ");
    const program = ["sh", "-c", `cd ${release} && exec ${runtime} "$@"`, "sh"];
    const args = ["--port", "127.0.0.1:0", "--max_servers", "1", "--conf_file", "../tine.conf"];
    folder.write("tine.conf", "listen 100\n");
    assert.equal((await folder.start(args, { program })).status, 0);
    const children = await folder.children(1);
    rmdirSync(release);
    signal(folder.pid, "SIGHUP");
    await folder.says(/Cannot restart: .*tine\.conf/);
    assert.deepEqual(childrenOf(folder.pid), children);
    await exchange(folder.port);
    await folder.stop();
  });
});

test("the start directory is removed: a file that changes is seen all the same", { timeout }, async () => {
  await withFolder(async (folder) => {
    const release = folder.file("release");
    mkdirSync(release);
    const handler = folder.write("h.ts", "export default () => {};\n");
    const runtime = [process.execPath, ...(onBun ? [] : ["run", "-A"]), CLI, handler].join(" ");
    const program = ["sh", "-c", `cd ${release} && exec ${runtime} "$@"`, "sh"];
    const args = ["--port", "127.0.0.1:0", "--max_servers", "1", "--watch"];
    assert.equal((await folder.start(args, { program })).status, 0);
    await folder.says(/Watching 1 file/);
    rmdirSync(release);
    for (let times = 1; times <= 2; times++) {
      writeFileSync(handler, `export default () => {}; // ${times}\n`);
      await folder.says(/Reloaded in/, times);
    }
    await folder.stop();
  });
});
