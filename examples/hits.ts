/**
 * Counts hits in Redis, for servers on several hosts: each line names a page, which is answered by its hits within the last
 * hour.
 *
 *     deno run -A cli.ts ./examples/hits.ts --port 127.0.0.1:20203 --redis redis://127.0.0.1:6379
 *
 * @module
 */

import { createClient } from "@redis/client";
import { defineHandler } from "../mod.ts";

/** A connection to Redis. A path is that of a unix socket. */
function redisAt(place: string) {
  return place.startsWith("/")
    ? createClient({ socket: { path: place, tls: false } })
    : createClient({ url: place });
}

/** What a child opens for all its clients: it serves one at a time, so that one connection is enough. */
const child: { redis?: ReturnType<typeof redisAt> } = {};

export default defineHandler({
  options: {
    redis: {
      kind: "string",
      default: "redis://127.0.0.1:6379",
      help: "URL of Redis, or path of its socket.",
    },
  },
  hooks: {
    async childInit(server, kind) {
      if (kind !== "server") return;
      child.redis = redisAt(server.config.own.redis);
      // It connects again by itself when Redis was restarted. Without a listener, its error would end the child.
      child.redis.on("error", (error: Error) => server.log(1, `Redis: ${error.message}`));
      await child.redis.connect();
    },
    async childFinish() {
      await child.redis?.close();
    },
  },
  async processRequest(connection) {
    for await (const page of connection.lines({ maxLength: 200 })) {
      const key = `hits:${page}`;
      // Redis does one after the other: no hit of another child, or of another host, is lost.
      const [count] = await child.redis?.multi().incr(key).expire(key, 3600, "NX").exec() ?? [];
      await connection.print(`${page}: ${count}\r\n`);
    }
  },
});
