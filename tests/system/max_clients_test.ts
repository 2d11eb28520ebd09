import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { Client, exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "needs epoll";
const many = { handler: fixture("many_clients.ts") };

/** Connects `n` clients, one after the other has been greeted. */
async function enter(server: TestServer, n: number): Promise<{ client: Client; pid: number }[]> {
  const all = [];
  for (let i = 0; i < n; i++) {
    const client = new Client(server.port);
    all.push({ client, pid: await client.welcome() });
  }
  return all;
}

function perChild(clients: readonly { pid: number }[]): number[] {
  const counts = new Map<number, number>();
  for (const { pid } of clients) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return [...counts.values()];
}

function closeAll(clients: readonly { client: Client }[]): void {
  for (const { client } of clients) client.close();
}

test(
  "one child serves max_clients at once, and the next client when one has gone",
  { timeout, skip },
  async () => {
    await withServer(["--max_servers", "1", "--max_clients", "16"], {}, async (server) => {
      const clients = await enter(server, 16);
      const late = new Client(server.port);
      let lateIsIn = false;
      const welcome = late.welcome().then((pid) => {
        lateIsIn = true;
        return pid;
      });
      for (const [i, { client, pid }] of clients.entries()) await client.ask(`hello ${i}`, pid);
      assert.equal(lateIsIn, false, "a client above max_clients was taken");
      await clients[7]?.client.quit();
      assert.equal(await welcome, clients[0]?.pid);
      closeAll([...clients, { client: late }]);
    });
  },
);

test("a client goes to an idle child before it goes to a busy one", { timeout, skip }, async () => {
  await withServer(["--max_servers", "4", "--max_clients", "8", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(4);
    const first = await enter(server, 4);
    assert.deepEqual(perChild(first), [1, 1, 1, 1]);
    const gone = first.pop();
    await gone?.client.quit();
    await server.untilCalm(); // the others have heard of it
    const [next] = await enter(server, 1);
    assert.equal(next?.pid, gone?.pid, "a busy child took the client of an idle one");
    closeAll([...first, ...(next ? [next] : [])]);
  });
});

test("children that are all busy all take further clients", { timeout, skip }, async () => {
  await withServer(["--max_servers", "3", "--max_clients", "64", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(3);
    const clients = await enter(server, 30);
    const counts = perChild(clients);
    assert.equal(counts.length, 3);
    await Promise.all(clients.map(({ client, pid }) => client.ask("all at once", pid)));
    closeAll(clients);
  });
});

test("a slow handler and a slow reader keep nobody else waiting", { timeout, skip }, async () => {
  await withServer(["--max_servers", "1", "--max_clients", "8"], many, async (server) => {
    const [slow, reader, quick] = await enter(server, 3);
    assert.ok(slow && reader && quick);
    slow.client.say("wait");
    reader.client.say("flood");
    for (let i = 0; i < 50; i++) await quick.client.ask(`${i}`, quick.pid);
    writeFileSync(join(server.folder, "trail.go"), "");
    assert.equal(await slow.client.line(), `Tine::many_clients:${slow.pid}: You said "wait"`);
    const flood = await reader.client.line();
    assert.equal(flood.length, 8 * 1024 * 1024 + `Tine::many_clients:${reader.pid}: You said "flood"`.length);
    closeAll([slow, reader, quick]);
  });
});

test("many short clients at once are all served, whatever their number", { timeout, skip }, async () => {
  const args = ["--max_servers", "2", "--max_clients", "4", "--max_requests", "25", "--log_level", "4"];
  await withServer(args, {}, async (server) => {
    const one = async () => {
      for (let i = 0; i < 20; i++) await exchange(server.port);
    };
    await Promise.all(Array.from({ length: 12 }, one));
    await server.says(/ended with status 0 after 25 clients/, { times: 8 });
  });
});

test(
  "a handler that throws ends its child once the other clients were served",
  { timeout, skip },
  async () => {
    await withServer(
      ["--max_servers", "1", "--max_clients", "8", "--log_level", "4"],
      many,
      async (server) => {
        const [bad, good] = await enter(server, 2);
        assert.ok(bad && good);
        bad.client.say("throw");
        assert.equal(await bad.client.rest(), "");
        await good.client.ask("still here", good.pid);
        good.client.say("quit");
        assert.equal(await good.client.rest(), "");
        await server.says(/ends: the handler threw Error: on purpose/);
        assert.notEqual(await exchange(server.port).catch(() => 0), bad.pid);
      },
    );
  },
);

test("HUP and QUIT let all clients finish; TERM does not wait for them", { timeout, skip }, async () => {
  await withServer(["--max_servers", "2", "--max_clients", "8", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    const clients = await enter(server, 6);
    signal(server.pid, "SIGHUP");
    await server.says(/Received a SIG HUP/);
    for (const { client, pid } of clients) {
      await client.ask("before I go", pid);
      await client.quit();
    }
    await server.says(/Re-exec server during HUP/);
    await server.untilReady(2);
    const last = await enter(server, 3);
    signal(server.pid, "SIGQUIT");
    await server.says(/Attempting a slow shutdown/);
    for (const { client, pid } of last) {
      await client.ask("a word", pid);
      await client.quit();
    }
    await server.end();
  });
  await withServer(["--max_servers", "1", "--max_clients", "8"], {}, async (server) => {
    const clients = await enter(server, 3);
    signal(server.pid, "SIGTERM");
    for (const { client } of clients) assert.equal(await client.rest(), "");
    await server.end();
  });
});

test("busy children go on accepting after an idle one was killed", { timeout, skip }, async () => {
  await withServer(["--max_servers", "2", "--max_clients", "8", "--log_level", "4"], {}, async (server) => {
    const ready = await server.untilReady(2);
    const [only] = await enter(server, 1);
    assert.ok(only);
    signal(ready.find((pid) => pid !== only.pid) as number, "SIGKILL");
    await server.says(/was killed by SIGKILL/);
    await server.untilReady(2);
    const more = await enter(server, 8);
    assert.equal(perChild([only, ...more]).length, 2);
    closeAll([only, ...more]);
  });
});

test(
  "a client that says nothing is given up after idle_timeout, beside others",
  { timeout, skip },
  async () => {
    const args = ["--max_servers", "1", "--max_clients", "4", "--idle_timeout", "2"];
    await withServer(args, many, async (server) => {
      const [silent, lively] = await enter(server, 2);
      assert.ok(silent && lively);
      let given = false;
      const end = silent.client.rest().then(() => given = true);
      await until(async () => {
        await lively.client.ask("here", lively.pid);
        return given;
      }, "the end of the silent client");
      await end;
      closeAll([lively]);
    });
  },
);

test("several ports and datagrams are served beside each other", { timeout, skip }, async () => {
  const ports = ["--port", "127.0.0.1:0", "--port", "127.0.0.1:0/udp"];
  await withServer([...ports, "--max_servers", "1", "--max_clients", "8"], { ports: 0 }, async (server) => {
    await server.up(2);
    const [tcp, udp] = server.ports as [number, number];
    const client = new Client(tcp);
    const pid = await client.welcome();
    const datagrams = new UdpClient(udp);
    for (let i = 0; i < 5; i++) {
      datagrams.send(`datagram ${i}`);
      assert.match(new TextDecoder().decode(await datagrams.hearBytes()), new RegExp(`datagram ${i}`));
      await client.ask(`line ${i}`, pid);
    }
    datagrams.close();
    client.close();
  });
});

test(
  "a client that stays keeps nobody waiting when its child has reached max_requests",
  { timeout, skip },
  async () => {
    const args = ["--max_servers", "1", "--max_clients", "10", "--max_requests", "4", "--log_level", "4"];
    await withServer(args, many, async (server) => {
      const [stays] = await enter(server, 1);
      const seen = new Set<number>();
      // Each child takes four; the first one lives as long as its client.
      for (let i = 0; i < 12; i++) {
        const short = await enter(server, 1);
        seen.add(short[0]?.pid ?? 0);
        closeAll(short);
      }
      assert.ok(seen.size >= 3, `${[...seen]}`);
      await stays?.client.ask("hello", stays.pid);
      stays?.client.close();
    });
  },
);

test("a handler that throws beside a client that stays: another child serves, and the log says it", {
  timeout,
  skip,
}, async () => {
  await withServer(
    ["--max_servers", "1", "--max_clients", "10", "--log_level", "4"],
    many,
    async (server) => {
      const [stays, throws] = await enter(server, 2);
      throws?.client.send("throw\r\n");
      await server.says(new RegExp(`Child ${stays?.pid} ends: the handler threw Error: on purpose`));
      const next = await enter(server, 1);
      assert.notEqual(next[0]?.pid, stays?.pid);
      closeAll(next);
      await stays?.client.ask("hello", stays.pid);
      stays?.client.close();
      await server.says(new RegExp(`Child ${stays?.pid} ended with status 255`));
      assert.equal(server.count(/ends: the handler threw Error: on purpose/), 1);
      throws?.client.close();
    },
  );
});
