import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, exchange, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const DEBUG = ["--log_level", "4"];

/** Clients that come one after another, as many at a time as there are `ports`, while `body` runs: each is served. */
async function withClients(ports: readonly number[], body: () => Promise<void>): Promise<void> {
  let isOver = false;
  const failures: unknown[] = [];
  const clients = ports.map(async (port) => {
    while (!isOver) await exchange(port).catch((failure) => failures.push(failure));
  });
  try {
    await body();
  } finally {
    isOver = true;
    await Promise.all(clients);
  }
  assert.deepEqual(failures, [], "clients were not served");
}

/** Waits until the server has exactly `count` children, all at work and none of them among `old`. */
async function untilNew(server: TestServer, count: number, old: readonly number[]): Promise<number[]> {
  return await until(() => {
    const all = server.children();
    const fresh = server.settled().filter((pid) => !old.includes(pid));
    return fresh.length === count && all.length === count ? fresh : undefined;
  }, () => `${count} new children; there are ${server.children()}, before ${old}`) as number[];
}

/** Waits until one child is at work that is not among `old`. */
async function untilOneIsNew(server: TestServer, old: readonly number[]): Promise<void> {
  await until(() => server.ready().some((pid) => !old.includes(pid)), "the first new child");
}

/** How often the server's program has been started: once, and again with each restart. */
function starts(server: TestServer): number {
  return server.count(/starting! pid\(/);
}

/** When the next HUP of a storm is sent. */
const MOMENTS:
  readonly (readonly [string, (server: TestServer, old: readonly number[]) => Promise<unknown>])[] = [
    ["right behind the last one", () => Promise.resolve()],
    ["when the first new child is there", untilOneIsNew],
  ];

for (const [moment, wait] of MOMENTS) {
  test(`HUP storm, each ${moment}: all children are new, and clients are served all along`, {
    timeout,
  }, async () => {
    await withServer(["--max_servers", "3", ...DEBUG], {}, async (server) => {
      let children = await server.untilReady(3);
      await withClients(Array.from({ length: 4 }, () => server.port), async () => {
        for (let round = 1; round <= 2; round++) {
          const before = starts(server);
          let old = children;
          for (let hup = 0; hup < 4; hup++) {
            assert.equal(signal(server.pid, "SIGHUP"), true, "the server has ended");
            await wait(server, old);
            old = server.children();
          }
          await until(() => starts(server) > before, `start ${before + 1} of the program`);
          children = await untilNew(server, 3, children);
        }
      });
      assert.equal(server.ended, undefined);
    });
  });
}

test("five TTIN and then five TTOU start as many children, and end as many", { timeout }, async () => {
  await withServer(["--max_servers", "2", ...DEBUG], {}, async (server) => {
    const first = await server.untilReady(2);
    for (let count = 3; count <= 7; count++) {
      signal(server.pid, "SIGTTIN");
      // Signals do not queue: one that comes before the last was taken is the same.
      await server.says(new RegExp(`Increasing max server count \\(${count}\\)`));
    }
    const all = await server.untilReady(7);
    assert.deepEqual(first.filter((pid) => !all.includes(pid)), [], "children were ended by TTIN");
    for (let count = 6; count >= 2; count--) {
      signal(server.pid, "SIGTTOU");
      await server.says(new RegExp(`Decreasing max server count \\(${count}\\)`));
    }
    const left = await server.untilReady(2);
    assert.deepEqual(left.filter((pid) => !all.includes(pid)), [], "children were replaced by TTOU");
    assert.ok(left.includes(await exchange(server.port)));
  });
});

test(
  "children with max_requests that are killed in the midst of a client are replaced",
  { timeout },
  async () => {
    await withServer(["--max_servers", "2", "--max_requests", "4", ...DEBUG], {}, async (server) => {
      await server.untilReady(2);
      const killed = new Set<number>();
      for (let number = 0; number < 40; number++) {
        const client = new Client(server.port);
        const pid = await client.welcome();
        assert.equal(killed.has(pid), false, `${pid} serves after it was killed`);
        if (number % 3 === 2) {
          killed.add(pid);
          signal(pid, "SIGKILL");
          client.close();
        } else await client.quit();
      }
      assert.ok(killed.size > 1);
      await until(
        () => server.settled().length >= 2 && server.children().every((pid) => !killed.has(pid)),
        () => `two children; there are ${server.children()}, killed were ${[...killed]}`,
      );
      for (let number = 0; number < 20; number++) {
        assert.equal(killed.has(await exchange(server.port)), false);
      }
    });
  },
);

test("a successor that is killed before it is needed does not change how many children serve", {
  timeout,
}, async () => {
  await withServer(["--max_servers", "2", "--max_requests", "10", ...DEBUG], {}, async (server) => {
    await server.untilReady(2);
    for (let round = 0; round < 6; round++) {
      // Enough that a child is near its last client, and its successor is there.
      for (let number = 0; number < 13; number++) await exchange(server.port);
      await until(() => server.settled().length >= 2, "two children");
      const youngest = server.settled().at(-1) as number;
      signal(youngest, "SIGKILL");
      await until(() => !server.children().includes(youngest), "the end of the youngest child");
    }
    const count = await until(() => {
      const { length } = server.settled();
      return length >= 2 && length === server.children().length ? length : undefined;
    }, () => `children that are all at work; there are ${server.children()}`) as number;
    // Both may have a successor that waits.
    assert.ok(count <= 4, `${count} children`);
    await exchange(server.port);
  });
});

for (const serialize of ["flock", "semaphore", "pipe"]) {
  const args = ["--serialize", serialize, ...DEBUG];

  test(
    `serialize ${serialize}: children that are told to leave under load are replaced, and clients are served`,
    {
      timeout,
    },
    async () => {
      await withServer(["--max_servers", "4", ...args], { ports: 2 }, async (server) => {
        await server.untilReady(4);
        await withClients([...server.ports, ...server.ports, ...server.ports], async () => {
          for (let number = 0; number < 20; number++) {
            const child = await until(() => server.settled()[0], "a child") as number;
            signal(child, "SIGHUP");
            await until(() => !server.children().includes(child), "the end of the child");
          }
          await server.untilReady(4);
        });
      });
    },
  );

  test(`serialize ${serialize}: all children are new after each HUP, and serve both ports`, {
    timeout,
  }, async () => {
    await withServer(["--max_servers", "2", ...args], { ports: 2 }, async (server) => {
      let children = await server.untilReady(2);
      for (let restart = 1; restart <= 3; restart++) {
        signal(server.pid, "SIGHUP");
        children = await untilNew(server, 2, children);
        assert.equal(starts(server), restart + 1);
        for (const port of server.ports) assert.ok(children.includes(await exchange(port)));
      }
    });
  });
}
