import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const handler = fixture("talking.ts");
const args = ["--child_communication", "1", "--min_servers", "2", "--max_servers", "4", "--log_level", "4"];

/** What the parent heard of a child, in order. */
function heard(server: TestServer, pid: number): string[] {
  return server.trail.filter(({ hook, detail }) => hook === "heard" && detail.startsWith(`${pid} `))
    .map(({ role, detail }) => {
      assert.equal(role, "parent");
      return detail.slice(`${pid} `.length);
    });
}

async function ask(client: Client, text: string): Promise<string> {
  client.say(text);
  return await client.line();
}

test(
  "a child's messages reach the parent's hook whole, in order, and with its process id",
  { timeout },
  async () => {
    await withServer(args, { personality: "PreFork", handler }, async (server) => {
      const client = new Client(server.port);
      const pid = Number(await client.line());
      assert.equal(await ask(client, "one two"), "told");
      assert.equal(await ask(client, "long 65536"), "told");
      assert.equal(
        await ask(client, "long 65537"),
        "Cannot tell the parent 65537 bytes: a message has 65536 at most; send several",
      );
      assert.equal(await ask(client, "ünïcode"), "told");
      await until(() => heard(server, pid).length === 4, "four messages");
      assert.deepEqual(heard(server, pid), [
        "4 born",
        "7 one two",
        `65536 ${"a".repeat(40)}`,
        "9 ünïcode",
      ]);
      client.close();
    });
  },
);

test("more messages than there is room for wait, and none is lost", { timeout }, async () => {
  await withServer(args, { personality: "PreFork", handler }, async (server) => {
    const client = new Client(server.port);
    const pid = Number(await client.line());
    assert.equal(await ask(client, "many 3000"), "told");
    await until(() => heard(server, pid).length === 3001, "all messages");
    const numbers = heard(server, pid).slice(1).map((text) => Number(/message (\d+)$/.exec(text)?.[1]));
    assert.deepEqual(numbers, Array.from({ length: 3000 }, (_, i) => i));
    client.close();
  });
});

test(
  "what a child said before it was killed is heard before it is cleaned up after",
  { timeout },
  async () => {
    await withServer(args, { personality: "PreFork", handler }, async (server) => {
      const client = new Client(server.port);
      const pid = Number(await client.line());
      assert.equal(await ask(client, "last words"), "told");
      assert.ok(signal(pid, "SIGKILL"));
      await until(() => server.trail.some(({ hook }) => hook === "cleaned"), "the hook is called");
      const mine = server.trail.filter(({ detail }) => detail.startsWith(String(pid)));
      assert.deepEqual(mine.map(({ hook, detail }) => `${hook} ${detail}`), [
        `heard ${pid} 4 born`,
        `heard ${pid} 10 last words`,
        `cleaned ${pid}`,
      ]);
      client.close();
    });
  },
);

test("without child_communication a child cannot tell its parent anything", { timeout }, async () => {
  const quiet = ["--max_servers", "1", "--log_level", "4"];
  // Its children end at birth; a server that is told to stop at that moment must not wait for one that has ended.
  await withServer(quiet, { personality: "PreFork", handler }, async (server) => {
    await server.says(
      /the hook childInit threw .*Cannot tell the parent a message: child_communication is off; set it/,
    );
  });
});
