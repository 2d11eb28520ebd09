/**
 * A server of one's own from `mod.ts`: upper-cases each line, with an option of its own.
 *
 *     deno run -A examples/own_server.ts --port 127.0.0.1:20203 --max_servers 8 --suffix '!'
 *
 * @module
 */

import { run } from "../mod.ts";

// Not awaited, so that an idle child on Bun needs no helper thread.
run({
  options: {
    suffix: { kind: "string", default: "", help: "What is put behind each line." },
  },
  async processRequest(connection, server) {
    for await (const line of connection.lines({ maxLength: 1000 })) {
      if (line === "quit") return;
      await connection.print(`${line.toUpperCase()}${server.config.own.suffix}\r\n`);
    }
  },
}, { port: "127.0.0.1:20203" });
