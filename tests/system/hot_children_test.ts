import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, exchange, signal, type TestServer, withServer } from "../support/server.ts";
import { pass, until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "there is no epoll";
/** How many listen at a time, and how many children there are. */
const HOT = 2 * availableParallelism();
const CHILDREN = 2 * HOT + 2;
const ARGS = ["--max_servers", String(CHILDREN), "--log_level", "4"];

/** The inodes that a process waits for in its epoll sets. */
function waitedFor(pid: number): Set<string> {
  const folder = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(folder).map((fd) => {
    try {
      return readFileSync(`${folder}/${fd}`, "utf8");
    } catch {
      return ""; // closed meanwhile
    }
  });
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/^tfd:.* ino:([0-9a-f]+)/gm)].map(([, ino = ""]) => ino)),
  );
}

/** The inode of the listening socket on a port, in hexadecimal. */
function inodeOf(port: number): string {
  const where = port.toString(16).toUpperCase().padStart(4, "0");
  const line = readFileSync("/proc/net/tcp", "utf8").split("\n").find((line) =>
    line.includes(`:${where} 00000000:0000 0A`)
  );
  return Number(line?.trim().split(/\s+/)[9]).toString(16);
}

/** The children that would be woken for a client. */
function listening(server: TestServer): number[] {
  const inode = inodeOf(server.port);
  return server.children().filter((pid) => waitedFor(pid).has(inode));
}

/** Waits until as many children as there are to be listen, and serve. */
async function untilHot(server: TestServer, children = CHILDREN): Promise<number[]> {
  await server.untilReady(children);
  return await until(
    () => {
      const pids = listening(server);
      return pids.length === HOT ? pids : undefined;
    },
    () => `${HOT} children that listen; there are ${listening(server)}`,
  ) as number[];
}

test("few children listen, and the others rest until those have to wait", { timeout, skip }, async () => {
  await withServer(ARGS, {}, async (server) => {
    const before = await untilHot(server);
    await server.untilAtRest();
    // Each of these keeps a child waiting.
    const clients: Client[] = [];
    for (let i = 0; i < CHILDREN; i++) {
      const client = new Client(server.port);
      await client.welcome();
      clients.push(client);
    }
    for (const client of clients) client.close();
    for (let i = 0; i < 20; i++) await exchange(server.port);
    const after = await untilHot(server);
    assert.equal(after.length, before.length);
    await server.untilAtRest();
  });
});

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
      await untilHot(server, HOT + 1);
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

test("whatever befalls children, no client waits for ever and none is lost", { timeout, skip }, async () => {
  await withServer([...ARGS, "--max_requests", "40"], {}, async (server) => {
    await server.untilReady(CHILDREN);
    let isOver = false;
    let served = 0;
    const client = async () => {
      while (!isOver) {
        await exchange(server.port);
        served++;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    let seed = 7;
    const random = (n: number) => (seed = seed * 1103515245 + 12345 & 0x7fffffff) % n;
    for (let i = 0; i < 150; i++) {
      const children = server.children();
      const pid = children[random(children.length)];
      if (pid === undefined) continue;
      switch (random(4)) {
        case 0:
          signal(pid, "SIGSTOP");
          await pass(20);
          signal(pid, "SIGCONT");
          break;
        case 1:
          // One that may have a client: the parent's word lets it finish.
          signal(pid, "SIGHUP");
          break;
        case 2:
          signal(server.pid, random(2) === 0 ? "SIGTTIN" : "SIGTTOU");
          break;
        default:
          await pass(random(30));
      }
    }
    isOver = true;
    await Promise.all(clients);
    assert.ok(served > 150, `${served} clients served`);
    await until(
      () => listening(server).length >= Math.min(HOT, server.children().length),
      "children listen again",
    );
    await exchange(server.port);
  });
});
