import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** Serves clients on every port, several at once. */
async function serveAll(server: TestServer): Promise<void> {
  await Promise.all(server.ports.flatMap((port) => Array.from({ length: 4 }, () => exchange(port))));
}

/** Kills each child in turn, the holder of the turn included. */
async function killEach(server: TestServer, n: number): Promise<void> {
  for (const victim of await server.untilReady(n)) {
    assert.ok(signal(victim, "SIGKILL"));
    await until(() => !server.children().includes(victim), "the end of the child");
    await serveAll(server);
  }
  await server.untilReady(n);
  await serveAll(server);
}

for (const serialize of ["flock", "semaphore", "pipe"]) {
  for (const ports of [1, 2]) {
    const title = `serialize ${serialize} on ${ports} port${
      ports > 1 ? "s" : ""
    } survives the death of each child`;
    test(title, { timeout }, async () => {
      const args = ["--serialize", serialize, "--max_servers", "3", "--log_level", "4"];
      await withServer(args, { ports }, async (server) => {
        assert.equal(server.ports.length, ports);
        await server.says(new RegExp(`Setting up serialization via ${serialize}`));
        await server.untilReady(3);
        await serveAll(server);
        await killEach(server, 3);
      });
    });
  }

  test(
    `serialize ${serialize}: when all children are killed at once, clients are served on`,
    { timeout },
    async () => {
      const args = ["--serialize", serialize, "--max_servers", "3", "--log_level", "4"];
      await withServer(args, { ports: 2 }, async (server) => {
        for (let round = 0; round < 3; round++) {
          for (const pid of await server.untilReady(3)) signal(pid, "SIGKILL");
          await serveAll(server);
        }
        await server.untilReady(3);
      });
    },
  );

  for (const children of [1, 3]) {
    test(
      `serialize ${serialize}: ${children} of the parent's end when it is killed`,
      { timeout },
      async () => {
        const args = ["--serialize", serialize, "--max_servers", `${children}`, "--log_level", "4"];
        await withServer(args, { ports: 2, killed: true }, async (server) => {
          await server.untilReady(children);
          signal(server.pid, "SIGKILL");
          await until(() => server.remains().length === 0, () => `left: ${server.remains()}`);
          server.checkLeftovers();
        });
      },
    );
  }

  test(`serialize ${serialize} serves on after a restart, and leaves nothing`, { timeout }, async () => {
    const args = ["--serialize", serialize, "--max_servers", "2", "--log_level", "4"];
    await withServer(args, { ports: 1 }, async (server) => {
      const old = await server.untilReady(2);
      signal(server.pid, "SIGHUP");
      await server.says(/Re-exec server during HUP/);
      await until(
        () => server.ready().filter((pid) => !old.includes(pid)).length === 2,
        "new children",
      );
      await serveAll(server);
    });
  });
}

test("serialize none on several ports gives way to the default, and says so", { timeout }, async () => {
  await withServer(["--serialize", "none", "--max_servers", "2"], { ports: 2 }, async (server) => {
    await server.says(/Passed serialize value of none is incompatible with multiple ports/);
    await serveAll(server);
  });
});

test(
  "a lock file of Tine's own has no name, and goes when the parent is killed; one that lock_file names is kept",
  { timeout },
  async () => {
    const args = ["--serialize", "flock", "--max_servers", "2", "--log_level", "4"];
    await withServer(args, { killed: true }, async (server) => {
      await server.untilReady(2);
      assert.deepEqual(readdirSync(server.folder), []);
      signal(server.pid, "SIGKILL");
      await until(() => server.remains().length === 0, () => `left: ${server.remains()}`);
      server.checkLeftovers();
    });
    await withServer(["--serialize", "flock", "--lock_file", "FOLDER/named"], {}, async (server) => {
      await exchange(server.port);
      await server.stop();
      assert.equal(existsSync(join(server.folder, "named")), true);
      assert.deepEqual(readdirSync(server.folder), ["named"]);
    });
  },
);
