import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readServerStatus, type ServerStatus } from "../../lib/daemon/server_status.ts";
import { withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { asUser } from "../support/processes.ts";
import { Client, exchange, fixture, hear, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

/** How many children have ended, for whatever reason. */
function deathsIn({ totals }: ServerStatus): number {
  assert.ok(totals !== null);
  const { ended, failed, timeout, unknown, signals } = totals.deaths;
  return [ended, failed, timeout, unknown, ...Object.values(signals)].reduce((sum, times) => sum + times, 0);
}

function clientsIn({ totals }: ServerStatus): number {
  assert.ok(totals !== null);
  return totals.clients;
}

/** Waits until `count` children wait for clients. Returns their process ids. */
async function waiting(server: TestServer, count: number): Promise<number[]> {
  const all = () => readServerStatus(server.pid, { memory: "rss" }).children;
  return await until(() => {
    const ready = all().filter(({ state }) => state === "waiting").map(({ pid }) => pid);
    return ready.length === count ? ready : undefined;
  }, () => `${count} children that wait in ${JSON.stringify(all())}`) as number[];
}

/** Clients come, `atOnce` at a time; meanwhile the status is read again and again. Returns how often it was. */
async function load(server: TestServer, clients: number, atOnce: number): Promise<number> {
  let begun = 0;
  let over = 0;
  let looks = 0;
  const visits = async () => {
    while (begun < clients) {
      begun++;
      await exchange(server.port);
      over++;
    }
  };
  const all = Promise.all(Array.from({ length: atOnce }, visits));
  const watch = async () => {
    let last = 0;
    while (over < clients) {
      const least = over;
      const told = clientsIn(readServerStatus(server.pid, { memory: "rss" }));
      assert.ok(told >= least && told <= begun, `${told} clients, of ${least} to ${begun}`);
      assert.ok(told >= last, `${told} clients after ${last}`);
      last = told;
      looks++;
      begun++;
      await exchange(server.port);
      over++;
    }
  };
  await Promise.all([all, watch()]);
  assert.equal(clientsIn(readServerStatus(server.pid)), begun, "each client is counted once");
  return looks;
}

for (const personality of ["PreForkSimple", "PreFork", "Fork"]) {
  test(`${personality}: N clients are N clients, while they come and after their children have gone`, {
    skip,
    timeout,
  }, async () => {
    const args = ["--max_servers", "4", "--max_requests", "5", "--min_servers", "2"];
    const few = personality === "PreForkSimple" ? args.slice(0, 4) : args;
    await withServer([...few, ...(personality === "PreForkSimple" ? [] : ["--max_spare_servers", "3"])], {
      personality,
    }, async (server) => {
      assert.ok(await load(server, 60, 6) > 0);
      // Each client has a process of its own with Fork, and five have one with the others.
      await until(() => deathsIn(readServerStatus(server.pid)) >= (personality === "Fork" ? 50 : 8));
      const { totals, states, children } = readServerStatus(server.pid);
      assert.ok(totals !== null && states !== null);
      assert.deepEqual(totals.deaths.failed + totals.deaths.timeout + totals.deaths.unknown, 0);
      assert.deepEqual(totals.deaths.signals, {});
      assert.equal(Object.values(states).reduce((a, b) => a + b), children.length);
    });
  });
}

test("a reload loses no total, and shows the children from before it", { skip, timeout }, async () => {
  // Otherwise the oldest may be cut off when two reloads follow each other as quickly as these.
  await withServer(["--max_servers", "2", "--leave_children_open_on_hup"], {}, async (server) => {
    await waiting(server, 2);
    for (let i = 0; i < 5; i++) await exchange(server.port);
    const busy = new Client(server.port);
    const pid = await busy.welcome();
    for (let round = 1; round <= 2; round++) {
      signal(server.pid, "SIGHUP");
      await until(() => readServerStatus(server.pid).totals?.reloads === round, "the reload");
      const status = readServerStatus(server.pid);
      assert.equal(status.ready, true);
      assert.equal(clientsIn(status), 6);
      const old = status.children.find((child) => child.pid === pid);
      assert.equal(old?.state, "serving", "the child from before the reload");
    }
    await busy.quit();
    await until(() => readServerStatus(server.pid).children.every((child) => child.pid !== pid), "its end");
    await exchange(server.port);
    const status = readServerStatus(server.pid);
    assert.equal(clientsIn(status), 7);
    assert.equal(status.totals?.deaths.ended, 4);
    assert.equal(status.children.length, 2);
  });
});

test("a child tells who its client is, as long as it has one", { skip, timeout }, async () => {
  await withServer(["--max_servers", "1", "--port", "[::1]:0"], {}, async (server) => {
    await waiting(server, 1);
    const [port4, port6] = await server.boundPorts(2);
    for (const [host, port, text] of [["127.0.0.1", port4, "127.0.0.1"], ["::1", port6, "[::1]"]] as const) {
      const socket = createConnection({ host, port: port as number });
      await once(socket, "data");
      const [child] = readServerStatus(server.pid).children;
      assert.equal(child?.client, `${text}:${socket.localPort}`);
      assert.equal(child?.state, "serving");
      socket.destroy();
      await until(() => readServerStatus(server.pid).children[0]?.state === "waiting", "a child that waits");
      assert.equal(readServerStatus(server.pid).children[0]?.client, null);
    }
  });
});

test("clients that are denied are counted, those of former children too", { skip, timeout }, async () => {
  const handler = fixture("turn_away.ts");
  await withServer(["--max_servers", "1", "--max_requests", "3"], { handler }, async (server) => {
    // Every first client of a child is turned away.
    for (let i = 0; i < 6; i++) await hear(server.port, "quit").catch(() => {});
    await until(() => deathsIn(readServerStatus(server.pid)) === 2, "the end of two children");
    const { totals } = readServerStatus(server.pid);
    assert.deepEqual([totals?.clients, totals?.denied], [6, 2]);
  });
});

test("children that end are counted by how they did", { skip, timeout }, async () => {
  const handler = fixture("stalling.ts");
  await withServer(["--max_servers", "2"], { handler }, async (server) => {
    const ended = (times: number) => until(() => deathsIn(readServerStatus(server.pid)) === times);
    await waiting(server, 2);
    await hear(server.port, "fail");
    await ended(1);
    await hear(server.port, "exit").catch(() => {});
    await ended(2);
    for (const [i, name] of (["SIGKILL", "SIGALRM", "SIGKILL"] as const).entries()) {
      signal((await waiting(server, 2))[0] as number, name);
      await ended(3 + i);
    }
    assert.deepEqual(readServerStatus(server.pid).totals, {
      clients: 2,
      denied: 0,
      deaths: { ended: 1, failed: 1, timeout: 0, unknown: 0, signals: { SIGKILL: 2, SIGALRM: 1 } },
      reloads: 0,
      reloadsRefused: 0,
    });
  });
});

test("a child that the parent has to kill ended by its time limit", { skip, timeout }, async () => {
  const args = ["--max_servers", "1", "--stop_timeout", "1"];
  await withServer(args, { handler: fixture("looping.ts") }, async (server) => {
    const client = new Client(server.port);
    await client.welcome();
    const used = () => readServerStatus(server.pid).children[0]?.cpuMs ?? 0;
    const before = used();
    client.say("loop");
    await until(() => used() > before + 100, "the loop");
    signal(server.pid, "SIGHUP");
    await until(() => deathsIn(readServerStatus(server.pid)) === 1, "its end");
    assert.equal(readServerStatus(server.pid).totals?.deaths.timeout, 1);
    client.close();
  });
});

test("clients that wait to be accepted are counted at their listener", { skip, timeout }, async () => {
  const args = ["--max_servers", "1", "--listen", "77", "--port", "FOLDER/socket|unix"];
  await withServer([...args, "--port", "127.0.0.1:0/udp"], {}, async (server) => {
    const [tcp, udp] = await server.boundPorts(2);
    const busy = new Client(server.port);
    await busy.welcome();
    const listeners = () => readServerStatus(server.pid).listeners;
    const none = { queue: null, backlog: null, queueBytes: null, dropped: null };
    const path = `${join(server.folder, "socket")}|unix`;
    const expected = [
      { ...none, address: `127.0.0.1:${tcp}`, proto: "tcp", queue: 0, backlog: 77 },
      { ...none, address: path, proto: "unix", backlog: 77 },
      { ...none, address: `127.0.0.1:${udp}/udp`, proto: "udp", queueBytes: 0, dropped: 0 },
    ];
    const sorted = (list: readonly { address: string }[] | null) =>
      list?.toSorted((a, b) => a.address < b.address ? -1 : 1);
    assert.deepEqual(sorted(listeners()), sorted(expected));
    const waiting = [new Client(server.port), new Client(server.port), new Client(server.port)];
    const queue = () => listeners()?.find(({ proto }) => proto === "tcp")?.queue;
    await until(() => queue() === 3, () => `three that wait; there are ${queue()}`);
    for (const client of waiting) client.close();
    await busy.quit();
    await until(() => queue() === 0, "none that waits");
  });
});

test("Single has totals that outlive a reload, and no children", { skip, timeout }, async () => {
  await withServer([], { personality: "Single" }, async (server) => {
    await exchange(server.port);
    await exchange(server.port);
    signal(server.pid, "SIGHUP");
    await until(() => readServerStatus(server.pid).totals?.reloads === 1, "the reload");
    await exchange(server.port);
    const { totals, states, children, ready, personality, servedBy } = readServerStatus(server.pid);
    assert.deepEqual([totals?.clients, states, children, ready], [3, null, [], true]);
    assert.deepEqual([personality, servedBy], ["Single", "one client at a time"]);
  });
});

test("Multiplex counts its clients", { skip, timeout }, async () => {
  await withServer([], { personality: "Multiplex", handler: fixture("mux.ts") }, async (server) => {
    await until(() => readServerStatus(server.pid).totals?.clients === 0, "the status");
    const sockets = [1, 2, 3].map(() => createConnection({ host: "127.0.0.1", port: server.port }));
    await until(() => readServerStatus(server.pid).totals?.clients === 3, "three clients");
    for (const socket of sockets) socket.destroy();
  });
});

test(
  "tine status --json prints the status, in which what it says of processes is theirs",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      assert.equal((await folder.start(["--port", "127.0.0.1:0", "--max_servers", "2"])).status, 0);
      const pids = await folder.children(2);
      const json = async (...more: string[]) => {
        const { status, stdout } = await folder.run([
          "status",
          "--json",
          "--pid_file",
          folder.file("pid"),
          ...more,
        ]);
        return { status, told: JSON.parse(stdout) };
      };
      const { status, told } = await json();
      assert.equal(status, 0);
      assert.deepEqual(Object.keys(told), Object.keys(readServerStatus(folder.pid)), "the same keys");
      assert.deepEqual([told.running, told.ready, told.pid], [true, true, folder.pid]);
      assert.deepEqual([told.name, told.servedBy], ["tine", "2 children"]);
      assert.ok(told.startedMs <= told.configuredMs && told.configuredMs <= told.takenMs);
      assert.deepEqual(told.children.map(({ pid }: { pid: number }) => pid).toSorted(), pids.toSorted());
      for (const child of told.children) {
        assert.ok(child.cpuMs >= 0 && child.memoryBytes > 1e6, JSON.stringify(child));
        assert.ok(child.memoryKind === "pss" || child.memoryKind === "rss");
      }
      await folder.stop();
      const after = await json();
      assert.equal(after.status, 3);
      assert.equal(after.told.running, false);
      assert.match(after.told.error, /^Cannot find the server: there is no pid_file/);
    });
  },
);

test("what a user has no right to see is null", {
  skip: process.getuid?.() === 0 ? skip : "needs root",
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start(["--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
    await folder.children(1);
    const command = ["status", "--json", "--pid_file", folder.file("pid")];
    const { status, stdout } = await folder.run(command, { before: asUser("nobody") });
    assert.equal(status, 0, "that it runs is known");
    const told = JSON.parse(stdout) as ServerStatus;
    const { running, pid, personality, ready, totals, listeners, children } = told;
    assert.deepEqual([running, pid, personality, ready], [true, folder.pid, null, null]);
    assert.deepEqual([totals, listeners, children[0]?.state, children[0]?.clients], [null, null, null, null]);
    const waits = await folder.run([...command, "--wait-ready", "60"], { before: asUser("nobody") });
    assert.equal(waits.status, 4);
    assert.equal(JSON.parse(waits.stdout).running, null);
    await folder.stop();
  });
});

test("tine status --wait-ready waits for a server that is yet to be started", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const waits = folder.run(["status", "--wait-ready", "100000", "--pid_file", folder.file("pid")]);
    assert.equal((await folder.start(["--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
    const { status, stdout, stderr } = await waits;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^PreForkSimple /);
    assert.match(stdout, /^Served by 1 child: 1 waiting$/m);
    await folder.stop();
    const gone = await folder.run(["status", "--wait-ready=0.1", "--pid_file", folder.file("pid")]);
    assert.deepEqual([gone.status, gone.stdout], [3, ""]);
    assert.match(gone.stderr, /^tine: Cannot find the server: there is no pid_file ".*"\n$/);
  });
});

test("tine status --wait-ready gives up on a server that never serves", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const args = ["--port", "127.0.0.1:0", "--max_servers", "1", "--pid_file", folder.file("pid")];
    const server = folder.run([fixture("stalling.ts"), ...args, "--log_file", folder.file("log")], {
      env: { HANG: "childInit" },
    });
    await until(() => folder.pid > 0, "the pid file");
    folder.remember(folder.pid);
    await folder.says(/Listening on/);
    const command = ["status", "--wait-ready", "0.2", "--pid_file", folder.file("pid")];
    const { status, stdout, stderr } = await folder.run(command);
    assert.deepEqual([status, stdout], [75, ""]);
    assert.match(stderr, /^tine: Cannot see the server with process id \d+ serve within 0\.2 s: .*\n$/);
    const { status: bad, stderr: why } = await folder.run([
      "status",
      "--wait-ready",
      "soon",
      ...command.slice(3),
    ]);
    assert.equal(bad, 64);
    assert.match(why, /Cannot wait for "soon" seconds/);
    signal(folder.pid, "SIGTERM");
    await server;
  });
});

test("tine status takes no more than 80 columns", { skip, timeout }, async () => {
  await withFolder(async (folder) => {
    const ports = Array.from({ length: 3 }, () => ["--port", "127.0.0.1:0"]).flat();
    assert.equal((await folder.start([...ports, "--max_servers", "3", "--name", "x".repeat(40)])).status, 0);
    await folder.children(3);
    const client = new Client(folder.port);
    await client.welcome();
    const { stdout } = await folder.run(["status", "--pid_file", folder.file("pid")]);
    const lines = stdout.split("\n");
    assert.ok(lines.every((line) => line.length <= 80), stdout);
    assert.match(stdout, /^\d+ +serving +1 +\d.* 127\.0\.0\.1:\d+$/m);
    await client.quit();
    await folder.stop();
  });
});
