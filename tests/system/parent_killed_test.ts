/** A parent that is killed while children are at work: its ports are free at once, and clients are served to their end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Client,
  exchange,
  fixture,
  signal,
  type StartOptions,
  TestServer,
  withServer,
} from "../support/server.ts";
import { until } from "../support/until.ts";

const timeout = 60_000;
const LEVEL = ["--log_level", "4"];

/** Starts another server on the port of one whose parent has gone, and has it serve a client. */
async function takePlace(port: number): Promise<void> {
  const server = new TestServer(["--port", `127.0.0.1:${port}`, "--max_servers", "1", ...LEVEL], {
    ports: 0,
  });
  try {
    await server.says(/Child Preforked/);
    assert.deepEqual([await exchange(port)], server.children());
    await server.stop();
  } finally {
    server.clear();
  }
}

const SERVERS: readonly { title: string; args: readonly string[]; options?: StartOptions }[] = [
  { title: "one client a child", args: ["--max_servers", "2"] },
  { title: "with a serializer", args: ["--max_servers", "1", "--serialize", "semaphore"] },
  { title: "several clients a child", args: ["--max_servers", "1", "--max_clients", "8"] },
  { title: "PreFork", args: ["--max_servers", "4"], options: { personality: "PreFork" } },
];

for (const { title, args, options = {} } of SERVERS) {
  test(`the parent is killed while a client is served: the port is free at once (${title})`, {
    timeout,
  }, async () => {
    await withServer([...args, ...LEVEL], { ...options, killed: true }, async (server) => {
      const client = new Client(server.port);
      const pid = await client.welcome();
      signal(server.pid, "SIGKILL");
      await server.end();
      await until(() => server.remains().length === 1, 10_000, () => `one child: ${server.remains()}`);
      await takePlace(server.port);
      await client.ask("still here", pid);
      // Every end of a thread of the parent's is told by a signal of its own.
      for (let i = 0; i < 3; i++) signal(pid, "SIGURG");
      await client.ask("and here", pid);
      await client.quit();
      await until(() => server.remains().length === 0, 10_000, "the end of the last child");
      await server.checkLeftovers();
      assert.ok(server.count(/Shutting down after the present client/) <= 1, server.text);
    });
  });
}

test("the parent is killed while a dequeue child works: the port is free at once", { timeout }, async () => {
  const args = ["--max_servers", "1", "--max_dequeue", "1", "--check_for_dequeue", "1", ...LEVEL];
  await withServer(args, { handler: fixture("slow_dequeue.ts"), killed: true }, async (server) => {
    await server.says(/Running dequeue child/);
    await until(
      () => server.trail.some(({ hook }) => hook === "runDequeue"),
      10_000,
      "a dequeue child at work",
    );
    signal(server.pid, "SIGKILL");
    await server.end();
    await until(() => server.remains().length <= 1, 10_000, () => `one child: ${server.remains()}`);
    await takePlace(server.port);
  });
});
