import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ARGS, CHILDREN, HOT, listening, skip, untilHot } from "../support/hot.ts";
import { UnixDatagramClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { Client, exchange, signal, type TestServer, withServer } from "../support/server.ts";
import { pass, until } from "../support/until.ts";

/** Has clients come that keep each child waiting, and then some that do not. */
async function visit(server: TestServer): Promise<void> {
  const clients: Client[] = [];
  for (let i = 0; i < CHILDREN; i++) {
    const client = new Client(server.port);
    await client.welcome();
    clients.push(client);
  }
  for (const client of clients) client.close();
  for (let i = 0; i < 20; i++) await exchange(server.port);
}

for (const more of [[], ["--max_clients", "4"]]) {
  test(`${["few children", ...more].join(" ")} listen, and the others rest until those have to wait`, {
    timeout,
    skip,
  }, async () => {
    await withServer([...ARGS, ...more], {}, async (server) => {
      const before = await untilHot(server);
      await server.untilAtRest();
      await visit(server);
      const after = await untilHot(server);
      assert.equal(after.length, before.length);
      await server.untilAtRest();
    });
  });
}

test(
  "it is so for PreFork, also with fewer children, and not where there are few anyway",
  { timeout, skip },
  async () => {
    const spares = [
      "--min_servers",
      String(HOT + 1),
      "--min_spare_servers",
      "2",
      "--max_spare_servers",
      String(HOT + 3),
    ];
    await withServer([...ARGS, ...spares], { personality: "PreFork" }, async (server) => {
      await untilHot(server, () => HOT + 1);
      const clients = Array.from({ length: CHILDREN }, () => new Client(server.port));
      for (const client of clients) await client.welcome();
      assert.equal(server.children().length, CHILDREN);
      for (const client of clients) client.close();
    });
    await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
      await server.untilReady(2);
      await until(() => listening(server).length === 2);
    });
  },
);

test("children that listen and are stopped keep no client waiting", { timeout, skip }, async () => {
  await withServer(ARGS, {}, async (server) => {
    const stopped = await untilHot(server);
    for (const pid of stopped) signal(pid, "SIGSTOP");
    try {
      for (let i = 0; i < 10; i++) await exchange(server.port);
    } finally {
      for (const pid of stopped) signal(pid, "SIGCONT");
    }
    await exchange(server.port);
    await untilHot(server);
  });
});

test("children that listen and are killed keep no client waiting", { timeout, skip }, async () => {
  await withServer(ARGS, {}, async (server) => {
    for (let round = 0; round < 3; round++) {
      for (const pid of await untilHot(server)) signal(pid, "SIGKILL");
      for (let i = 0; i < 10; i++) await exchange(server.port);
    }
    await untilHot(server);
  });
});

/** Says hello, then holds its thread, or waits, until a file is there. */
const HOLDING = (how: string) =>
  `import { existsSync } from "node:fs";
const word = new Int32Array(new SharedArrayBuffer(4));
export default async (connection: { print(text: string): Promise<void> }): Promise<void> => {
  await connection.print("hello\\r\\n");
  while (!existsSync("FOLDER/go")) ${how};
  await connection.print("done\\r\\n");
};
`;

for (
  const [what, how] of [
    ["hold their thread", "Atomics.wait(word, 0, 0, 5)"],
    ["wait", "await new Promise((resolve) => setTimeout(resolve, 5))"],
  ] as const
) {
  test(`clients whose handlers ${what} have all children at their service`, { timeout, skip }, async () => {
    const options = { handler: "FOLDER/h.ts", files: { "h.ts": HOLDING(how) } };
    await withServer(ARGS, options, async (server) => {
      await untilHot(server);
      const clients = Array.from({ length: CHILDREN }, () => new Client(server.port));
      for (const client of clients) assert.equal(await client.line(), "hello");
      writeFileSync(join(server.folder, "go"), "");
      for (const client of clients) assert.equal(await client.line(), "done");
      await untilHot(server);
    });
  });
}

test("a reload hands on who listens, and the new children are as hot", { timeout, skip }, async () => {
  await withServer(ARGS, {}, async (server) => {
    for (let round = 1; round <= 3; round++) {
      const old = await untilHot(server);
      signal(server.pid, "SIGHUP");
      const served: Promise<unknown>[] = [];
      while (server.count(/Reloaded in/) < round) {
        served.push(exchange(server.port));
        await pass(2);
      }
      await Promise.all(served);
      const hot = await untilHot(server);
      assert.equal(hot.some((pid) => old.includes(pid)), false);
    }
  });
});

for (const serializer of ["flock", "semaphore", "pipe"]) {
  const args = [...ARGS, "--serialize", serializer];

  test(`few children take turns by ${serializer}, and the others rest`, { timeout, skip }, async () => {
    await withServer(args, {}, async (server) => {
      const before = await untilHot(server);
      await visit(server);
      assert.equal((await untilHot(server)).length, before.length);
    });
  });

  test(`with ${serializer}, children that are stopped keep no client waiting, whatever they hold`, {
    timeout,
    skip,
  }, async () => {
    await withServer(args, {}, async (server) => {
      const stopped = await untilHot(server);
      // One of them has the turn, and the lock.
      for (const pid of stopped) signal(pid, "SIGSTOP");
      try {
        for (let i = 0; i < 10; i++) assert.ok(!stopped.includes(await exchange(server.port)));
      } finally {
        for (const pid of stopped) signal(pid, "SIGCONT");
      }
      for (let i = 0; i < 10; i++) await exchange(server.port);
      await untilHot(server);
    });
  });
}

test(
  "with several ports and a Unix socket, few children listen at all of them",
  { timeout, skip },
  async () => {
    const options = { ports: 2 };
    await withServer([...ARGS, "--port", "FOLDER/s.sock|unix"], options, async (server) => {
      const wheres = [...server.ports, join(server.folder, "s.sock")];
      assert.equal(wheres.length, 3);
      /** One whole dialogue at each. */
      const talk = async () => {
        for (const where of wheres) {
          const client = new Client(where);
          await client.ask("hello", await client.welcome());
          await client.quit();
        }
      };
      const stopped = await untilHot(server, undefined, wheres);
      await talk();
      for (const pid of stopped) signal(pid, "SIGSTOP");
      try {
        for (let i = 0; i < 3; i++) await talk();
      } finally {
        for (const pid of stopped) signal(pid, "SIGCONT");
      }
      await untilHot(server, undefined, wheres);
    });
  },
);

test(
  "few children listen for datagrams, and those that are stopped keep none waiting",
  { timeout, skip },
  async () => {
    await withServer([...ARGS, "--port", "FOLDER/d.sock|unixdgram"], {}, async (server) => {
      const path = join(server.folder, "d.sock");
      const wheres = [server.port, path];
      const client = new UnixDatagramClient(path, join(server.folder, "client.sock"));
      try {
        const stopped = await untilHot(server, undefined, wheres);
        for (let i = 0; i < 50; i++) assert.equal(await client.ask(`${i}`), `You said "${i}"`);
        for (const pid of stopped) signal(pid, "SIGSTOP");
        try {
          for (let i = 0; i < 50; i++) assert.equal(await client.ask(`${i}`), `You said "${i}"`);
          await exchange(server.port);
        } finally {
          for (const pid of stopped) signal(pid, "SIGCONT");
        }
        await untilHot(server, undefined, wheres);
        await server.untilAtRest();
      } finally {
        client.close();
      }
    });
  },
);
