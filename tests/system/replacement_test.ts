/** A HUP as clients notice it: the new children serve at once, and the old ones finish under the new parent. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { Client, exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const timeout = 90_000;
const LEVEL = ["--log_level", "4"];

/** Sends a HUP and waits until nobody serves by the old configuration. Returns the new children. */
async function reload(server: TestServer, busy: readonly number[] = []): Promise<number[]> {
  const before = server.count(/Reloaded in/);
  signal(server.pid, "SIGHUP");
  await server.says(/Reloaded in [\d.]+ m?s: \d+ new child/, { times: before + 1 });
  return server.children().filter((pid) => !busy.includes(pid));
}

/** A connection whose child waits for its next line. */
async function idleClient(server: TestServer): Promise<{ client: Client; pid: number }> {
  const client = new Client(server.port);
  return { client, pid: await client.welcome() };
}

const SERVERS: readonly (readonly [personality: string, ...args: string[]])[] = [
  ["PreForkSimple", "--max_servers", "3"],
  ["PreForkSimple", "--max_servers", "3", "--serialize", "semaphore"],
  ["PreForkSimple", "--max_servers", "2", "--max_clients", "8"],
  ["PreFork", "--min_servers", "2", "--max_servers", "4"],
  ["Fork", "--max_servers", "6"],
];

for (const [personality, ...args] of SERVERS) {
  const words = [personality, ...args].join(" ");
  test(
    `${words}: over a HUP an idle client keeps its child, and others get new ones`,
    { timeout },
    async () => {
      await withServer([...args, "--stop_timeout", "60", ...LEVEL], { personality }, async (server) => {
        await server.says(/Child Preforked/);
        const { client, pid } = await idleClient(server);
        const old = server.children();
        await reload(server, old);
        assert.ok(server.children().includes(pid), "the child with a client has ended");
        for (let i = 0; i < 5; i++) {
          const served = await exchange(server.port);
          assert.ok(!old.includes(served), `served by ${served}, which is old`);
        }
        await client.ask("still here", pid);
        await client.quit();
        await until(() => !server.children().includes(pid), 10_000, "the end of the old child");
        await server.says(/The last child from before the reload has ended/);
        assert.equal(server.count(/cut off/), 0);
      });
    },
  );
}

test("a HUP with a child in an endless loop: others are served, and it is killed by the new parent", {
  timeout,
}, async () => {
  const args = ["--max_servers", "2", "--stop_timeout", "1", ...LEVEL];
  await withServer(args, { handler: fixture("looping.ts") }, async (server) => {
    await server.untilReady(2);
    const { client, pid } = await idleClient(server);
    client.say("loop");
    const old = server.children();
    await reload(server, old);
    assert.ok(server.children().includes(pid), "it has been killed before others serve");
    assert.ok(!old.includes(await exchange(server.port)));
    await server.says(
      new RegExp(
        `Clients of 1 child cut off: did not finish within stop_timeout \\(1 s\\) of the reload.*${pid}`,
      ),
    );
    await server.says(new RegExp(`Child ${pid} did not end within 1 s: sending SIGKILL`));
    await until(() => !server.children().includes(pid), 10_000, "its end");
    await server.untilReady(2);
    await exchange(server.port);
    client.close();
  });
});

test(
  "clients that are cut off after a HUP are counted, and nobody is told of a stop",
  { timeout },
  async () => {
    const args = ["--max_servers", "1", "--max_clients", "4", "--stop_timeout", "1", ...LEVEL];
    await withServer(args, {}, async (server) => {
      await server.untilReady(1);
      const first = await idleClient(server);
      const second = await idleClient(server);
      assert.equal(second.pid, first.pid);
      await reload(server);
      await server.says(new RegExp(`Clients of 1 child cut off: did not finish .*${first.pid}`));
      await server.says(new RegExp(`\\[${first.pid}\\] 2 clients are cut off: this child is ended\n`));
      await until(() => !server.children().includes(first.pid), 10_000, "its end");
      first.client.close();
      second.client.close();
    });
  },
);

test(
  "with leave_children_open_on_hup an old child finishes for as long as it likes",
  { timeout },
  async () => {
    const args = ["--max_servers", "1", "--stop_timeout", "1", "--leave_children_open_on_hup", "1", ...LEVEL];
    await withServer(args, {}, async (server) => {
      await server.untilReady(1);
      const { client, pid } = await idleClient(server);
      await reload(server);
      // The child of the second generation, which has no limit either, is still there when others would be ended.
      const second = await idleClient(server);
      await reload(server);
      const limited = new Client(server.port);
      await limited.welcome();
      limited.close();
      await client.ask("hello", pid);
      await second.client.ask("hello", second.pid);
      await client.quit();
      await second.client.quit();
      await server.untilReady(1);
    });
  },
);

for (const name of ["SIGTERM", "SIGINT"] as const) {
  test(`${name} while old children finish ends all of them`, { timeout }, async () => {
    await withServer(["--max_servers", "2", "--stop_timeout", "60", ...LEVEL], {}, async (server) => {
      await server.untilReady(2);
      const { client } = await idleClient(server);
      await reload(server);
      signal(server.pid, name);
      assert.deepEqual(await server.end(), { code: 0, signal: null });
      client.close();
    });
  });
}

test("QUIT while old children finish waits for them", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--stop_timeout", "60", ...LEVEL], {}, async (server) => {
    await server.untilReady(2);
    const { client, pid } = await idleClient(server);
    await reload(server);
    signal(server.pid, "SIGQUIT");
    await until(() => server.children().length === 1, 10_000, "the end of those without a client");
    await client.ask("hello", pid);
    await client.quit();
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  });
});

test(
  "a HUP behind a HUP: each generation has its own time, and only so many finish",
  { timeout },
  async () => {
    await withServer(["--max_servers", "1", "--stop_timeout", "60", ...LEVEL], {}, async (server) => {
      await server.untilReady(1);
      const first = await idleClient(server);
      await reload(server);
      const second = await idleClient(server);
      await reload(server);
      // One child may finish beside the new one: the older of the two makes room.
      await server.says(
        new RegExp(`Clients of 1 child cut off: more than max_servers \\(1\\) finish .*${first.pid}`),
      );
      await until(() => !server.children().includes(first.pid), 10_000, "the end of the oldest");
      await second.client.ask("hello", second.pid);
      await second.client.quit();
      await server.untilReady(1);
      first.client.close();
    });
  },
);

test("a HUP that lowers max_servers cuts off nobody", { timeout }, async () => {
  const args = ["--conf_file", "FOLDER/t.conf", "--stop_timeout", "60", ...LEVEL];
  const files = { "t.conf": "max_servers 3\n" };
  await withServer(args, { files }, async (server) => {
    await server.untilReady(3);
    const busy = [await idleClient(server), await idleClient(server), await idleClient(server)];
    writeFileSync(`${server.folder}/t.conf`, "max_servers 1\n");
    await reload(server);
    // Longer than children may finish where too many do: nothing happens then.
    const since = performance.now();
    await until(() => performance.now() - since > 1500, "a second and a half");
    for (const { client, pid } of busy) await client.ask("hello", pid);
    for (const { client } of busy) await client.quit();
    await server.untilReady(1);
    assert.equal(server.count(/cut off/), 0);
  });
});

test("HUPs without a pause: the server comes to rest with new children, and nobody is refused", {
  timeout,
}, async () => {
  await withServer(["--max_servers", "2", ...LEVEL], {}, async (server) => {
    const old = await server.untilReady(2);
    let over = false;
    const clients = Array.from({ length: 4 }, async () => {
      while (!over) await exchange(server.port);
    });
    for (let i = 0; i < 3; i++) {
      const before = server.count(/Tine::PreForkSimple\) starting!/);
      signal(server.pid, "SIGHUP");
      // The next one as soon as the new program is there, with no child of its own yet.
      await server.says(/Tine::PreForkSimple\) starting!/, { times: before + 1 });
    }
    await server.says(/Reloaded in/);
    over = true;
    await Promise.all(clients);
    const settled = await server.untilReady(2);
    assert.ok(settled.every((pid) => !old.includes(pid)));
  });
});

test("new children that end before they are ready: the old ones serve on until they do not", {
  timeout,
}, async () => {
  const handler = fixture("failing_init.ts");
  await withServer(["--max_servers", "2", ...LEVEL], { handler }, async (server) => {
    const old = await server.untilReady(2);
    writeFileSync(`${server.folder}/fail`, "");
    signal(server.pid, "SIGHUP");
    await server.says(/2 children from before the reload serve until new ones are ready/);
    for (let i = 0; i < 4; i++) assert.ok(old.includes(await exchange(server.port)));
    writeFileSync(`${server.folder}/good`, "");
    await server.says(/Reloaded in/);
    await server.untilReady(2);
    assert.ok(!old.includes(await exchange(server.port)));
  });
});
