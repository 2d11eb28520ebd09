import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "../../mod.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { Client } from "../support/server.ts";
import { until } from "../support/until.ts";

const folder = folderOfFile("tine-hits-");
const noRedis = spawnSync("redis-server", ["--version"]).status === 0
  ? false
  : "redis-server is not installed";

/** Runs `body` beside a Redis of its own, which listens on a unix socket alone and keeps nothing. */
async function withRedis(body: (socket: string) => Promise<void>): Promise<void> {
  const socket = join(folder, "redis.sock");
  const words = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder];
  const redis = spawn("redis-server", words, { stdio: "ignore" });
  const ended = once(redis, "exit");
  try {
    await until(() => existsSync(socket), "Redis listens");
    await body(socket);
  } finally {
    redis.kill();
    await ended;
  }
}

test(
  "children share hits in Redis, at the same time and over a reload",
  { timeout, skip: noRedis },
  async () => {
    await withRedis(async (socket) => {
      await using server = await serve(new URL("../../examples/hits.ts", import.meta.url), {
        port: "127.0.0.1:0",
        maxServers: 2,
        logLevel: 1,
        own: { redis: socket },
      });
      const port = server.addresses[0]?.port ?? 0;
      const hit = async (client: Client) => {
        client.say("/index");
        return await client.line();
      };
      const clients = [new Client(port), new Client(port)];
      const busy = () => server.status().children.filter(({ state }) => state === "serving").length;
      await until(() => busy() === 2, "two clients of two children");
      const answers: string[] = [];
      for (let i = 0; i < 10; i++) answers.push(...await Promise.all(clients.map(hit)));
      assert.deepEqual(new Set(answers), new Set(Array.from({ length: 20 }, (_, i) => `/index: ${i + 1}`)));
      for (const client of clients) client.close();
      await server.reload();
      const later = new Client(port);
      assert.equal(await hit(later), "/index: 21");
      later.close();
    });
  },
);
