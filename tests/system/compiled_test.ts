import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { Client, example } from "../support/server.ts";
import { until, within } from "../support/until.ts";
import { folderOfFile } from "../support/file_folder.ts";

const skip = process.versions["bun"] === undefined
  ? "the executable is built and run once, by Bun's tests"
  : false;

const folder = folderOfFile("tine-compiled-");

/** Builds the executable, once for all tests. */
const build = (() => {
  const program = join(folder, "tine");
  let built = false;
  return () => {
    if (built) return program;
    const { status, stderr } = spawnSync(
      "deno",
      ["run", "-A", "scripts/compile.ts", "bun", "--out", program],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    built = true;
    return program;
  };
})();

/** Runs the executable on a port of the system's choice, and stops it: its status must be 0. */
async function withExecutable(
  args: readonly string[],
  body: (client: Client, server: ChildProcess & { said(): string }) => Promise<void>,
): Promise<void> {
  const server = spawn(build(), [...args, "--port", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  server.stderr?.on("data", (bytes) => log += bytes);
  try {
    await until(() => log.includes("Listening on"), () => `the port; it said ${log}`);
    const [port] = [...log.matchAll(/Bound to auto-assigned port (\d+)/g)].at(-1)?.slice(1) ?? [];
    const client = new Client(Number(port));
    await body(client, Object.assign(server, { said: () => log }));
    client.close();
    const ended = once(server, "exit");
    process.kill(server.pid as number, "SIGTERM");
    assert.deepEqual(await within(ended, "the end of the server"), [0, null], log);
  } finally {
    if (server.exitCode === null && server.signalCode === null) server.kill("SIGKILL");
  }
}

for (const args of [[], ["PreFork", "--child_communication", "1"], ["Fork"]]) {
  const [personality = "PreForkSimple"] = args;
  test(`the executable serves clients from children as ${personality}`, { skip, timeout }, async () => {
    const udp = ["--port", "127.0.0.1:0/udp", "--max_servers", "2"];
    await withExecutable([...args, ...udp], async (client, server) => {
      const pid = await client.welcome();
      await client.ask("hello", pid);
      await client.quit();
      assert.notEqual(pid, server.pid);
      assert.match(server.said(), new RegExp(`\\(${personality}, `));
      const datagrams = new UdpClient(Number(/Bound to auto-assigned port (\d+)/.exec(server.said())?.[1]));
      assert.equal(await datagrams.ask("hello"), 'You said "hello"');
      datagrams.close();
    });
  });
}

test("the executable serves clients itself as Single, and restarts", { skip, timeout }, async () => {
  await withExecutable(["Single"], async (client, server) => {
    const pid = await client.welcome();
    assert.equal(pid, server.pid);
    process.kill(pid, "SIGHUP");
    await client.ask("hello", pid);
    await client.quit();
    await until(() => server.said().split("Listening on").length === 3, "the restart");
  });
});

test("the executable serves many clients at once as Multiplex", { skip, timeout }, async () => {
  await withExecutable([example("chat.ts")], async (client, server) => {
    assert.match(await client.line(), /^JOIN: \(#1\)/);
    assert.match(await client.line(), /^Welcome, you are number 1/);
    client.say("hello");
    assert.match(await client.line(), /\] hello$/);
    assert.match(server.said(), /\(Multiplex, at most \d+ clients/);
  });
});
