import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, exchange, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const NUMBERS = ["--min_servers", "3", "--min_spare_servers", "2", "--max_spare_servers", "4"];
const SOON = ["--check_for_waiting", "0.2", "--min_child_ttl", "0.2"];

/** Connects clients that stay. Resolves once each has its greeting, with the process ids in these. */
async function hold(server: TestServer, clients: number): Promise<{ held: Client[]; pids: number[] }> {
  const held = Array.from({ length: clients }, () => new Client(server.port));
  return { held, pids: await Promise.all(held.map((client) => client.welcome())) };
}

async function quitAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.quit()));
}

test(
  "PreFork begins with min_servers, adds children for clients, and sheds them again",
  { timeout },
  async () => {
    const args = [...NUMBERS, ...SOON, "--max_servers", "16", "--log_level", "4"];
    await withServer(args, { personality: "prefork" }, async (server) => {
      await server.says(/Listening on .* \(PreFork, 3 to 16 children, /);
      await server.untilReady(3);
      const { held, pids } = await hold(server, 9);
      assert.equal(new Set(pids).size, 9, "one client a child");
      // min_spare_servers wait beside the nine.
      await until(() => server.ready().length >= 11, "nine busy children and two that wait");
      assert.ok(server.children().length <= 16);
      await quitAll(held);
      await until(() => server.children().length <= 4, "max_spare_servers, since nobody is busy");
      await server.says(/Stopping \d+ spare children/);
      assert.ok(server.children().length >= 3);
      assert.equal(server.count(/was killed|ended with status [^0]/), 0);
      await exchange(server.port);
    });
  },
);

test(
  "PreFork never has more than max_servers children, and the others' clients wait",
  { timeout },
  async () => {
    const args = [...NUMBERS, "--max_servers", "5", "--log_level", "4"];
    await withServer(args, { personality: "PreFork" }, async (server) => {
      const { held } = await hold(server, 5);
      const late = new Client(server.port);
      const served = late.welcome();
      assert.equal(server.children().length, 5);
      await held[0]?.quit();
      await served;
      assert.ok(server.children().length <= 5);
      await quitAll([...held.slice(1), late]);
    });
  },
);

test("PreFork gives a step of clients an answer each, in batches that grow", { timeout }, async () => {
  const args = [...NUMBERS, "--max_servers", "40", "--log_level", "3"];
  await withServer(args, { personality: "PreFork" }, async (server) => {
    const { held } = await hold(server, 24);
    const batches = [...server.text.matchAll(/Starting "(\d+)" children/g)].map((match) => Number(match[1]));
    assert.ok(Math.max(...batches.slice(1)) >= 4, `batches of ${batches}`);
    assert.ok(batches.reduce((sum, batch) => sum + batch, 0) >= 24);
    await quitAll(held);
  });
});

test("PreFork replaces children that are killed while they wait, and still notices what clients want", {
  timeout,
}, async () => {
  const args = [...NUMBERS, "--max_servers", "12", "--log_level", "4"];
  await withServer(args, { personality: "PreFork" }, async (server) => {
    for (let round = 0; round < 3; round++) {
      for (const pid of await server.untilReady(3)) assert.ok(signal(pid, "SIGKILL"));
      await until(() => server.count(/was killed by SIGKILL/) === 3 * (round + 1), "all are killed");
    }
    await server.untilReady(3);
    // If the dead counted as children that wait, nobody would tell the parent that spares are short.
    const { held } = await hold(server, 2);
    await until(() => server.ready().length >= 4, "two busy children and two that wait");
    await quitAll(held);
  });
});

test("TTIN and TTOU move min_servers and max_servers of PreFork", { timeout }, async () => {
  const args = [...NUMBERS, "--max_servers", "5", "--log_level", "4"];
  await withServer(args, { personality: "PreFork" }, async (server) => {
    await server.untilReady(3);
    signal(server.pid, "SIGTTIN");
    await server.says(/Increasing server count \(6\)/);
    await server.untilReady(4);
    for (const count of [5, 4, 3]) {
      signal(server.pid, "SIGTTOU");
      await server.says(new RegExp(`Decreasing server count \\(${count}\\)`));
    }
    await server.untilReady(3);
  });
});

test("HUP restarts PreFork in place, and a busy child finishes its client", { timeout }, async () => {
  const args = [...NUMBERS, "--max_servers", "8", "--log_level", "4"];
  await withServer(args, { personality: "PreFork" }, async (server) => {
    const old = await server.untilReady(3);
    const { held, pids } = await hold(server, 1);
    signal(server.pid, "SIGHUP");
    await server.says(/Received a SIG HUP/);
    await held[0]?.ask("still here", pids[0] as number);
    await held[0]?.quit();
    await server.says(/Re-exec server during HUP/);
    await server.says(/type Tine::PreFork\) starting!/, { times: 2 });
    // The old ones stay until the new ones serve.
    await until(() => !server.children().some((pid) => old.includes(pid)), "the end of the old children");
    await server.untilReady(3);
    await exchange(server.port);
  });
});

test("PreFork serves on several ports, behind a serializer", { timeout }, async () => {
  const args = [...NUMBERS, "--max_servers", "9", "--log_level", "4"];
  await withServer(args, { personality: "PreFork", ports: 2 }, async (server) => {
    const clients = server.ports.flatMap((port) => [port, port, port]).map((port) => new Client(port));
    const pids = await Promise.all(clients.map((client) => client.welcome()));
    assert.equal(new Set(pids).size, 6);
    await quitAll(clients);
  });
});

test("children of PreFork that have served max_requests are replaced", { timeout }, async () => {
  const args = [...NUMBERS, "--max_servers", "6", "--max_requests", "3", "--log_level", "4"];
  await withServer(args, { personality: "PreFork" }, async (server) => {
    const served: number[] = [];
    for (let i = 0; i < 24; i++) served.push(await exchange(server.port));
    for (const pid of served) assert.ok(served.filter((other) => other === pid).length <= 3);
    await until(() => server.ready().length >= 3, "min_servers");
  });
});

test("Fork serves each client in a process of its own, which leaves", { timeout }, async () => {
  await withServer(["--log_level", "4"], { personality: "Fork" }, async (server) => {
    await server.says(/\(Fork, \d+ to 256 children, /);
    const pids: number[] = [];
    for (let i = 0; i < 12; i++) pids.push(await exchange(server.port));
    assert.equal(new Set(pids).size, 12);
    await until(() => server.children().every((pid) => !pids.includes(pid)), "all 12 have left");
    assert.equal(server.count(/was killed|ended with status [^0]/), 0);
  });
});

test(
  "Fork has a process ready for a client, and takes no more than max_servers at once",
  { timeout },
  async () => {
    const args = ["--max_servers", "3", "--log_level", "4"];
    await withServer(args, { personality: "Fork" }, async (server) => {
      const waiting = await until(
        () => server.settled().length > 0 ? server.settled() : undefined,
        "a child that waits",
      ) as number[];
      const { held, pids } = await hold(server, 3);
      assert.ok(waiting.includes(pids[0] as number) || pids.some((pid) => waiting.includes(pid)));
      const late = new Client(server.port);
      const served = late.welcome();
      let isServed = false;
      served.then(() => isServed = true);
      await server.untilCalm();
      assert.equal(isServed, false, "the fourth client waits");
      assert.equal(server.children().length, 3);
      await held[0]?.quit();
      assert.ok(!pids.includes(await served));
      await quitAll([...held.slice(1), late]);
    });
  },
);

test("Fork with one server is one process after another", { timeout }, async () => {
  await withServer(["--max_servers", "1", "--log_level", "4"], { personality: "FORK" }, async (server) => {
    const pids = [await exchange(server.port), await exchange(server.port), await exchange(server.port)];
    assert.equal(new Set(pids).size, 3);
  });
});

test("a server_type list takes the first personality", { timeout }, async () => {
  const args = ["--server_type", "PreFork", "--server_type", "Fork"];
  await withServer(args, { personality: "MultiType" }, async (server) => {
    await server.says(/type Tine::PreFork\) starting!/);
    await exchange(server.port);
  });
});

test("MultiType without a server_type becomes Fork, as in Net::Server", { timeout }, async () => {
  await withServer([], { personality: "MultiType" }, async (server) => {
    await server.says(/type Tine::Fork\) starting!/);
    await exchange(server.port);
  });
});

test("an option that the personality does not take is remarked on", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--max_requests", "9"], { personality: "Fork" }, async (server) => {
    await server.says(/max_requests is ignored: the personality Fork does not take it/);
    assert.notEqual(await exchange(server.port), await exchange(server.port));
  });
});
