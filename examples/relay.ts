/**
 * Passes each client on to another server, as a handler that mostly waits: a few children serve hundreds of clients.
 *
 *     tine ./examples/relay.ts --port 127.0.0.1:20203 --backend 127.0.0.1:80 --max_servers 2 --max_clients 256
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Handler } from "../mod.ts";

const handler: Handler = {
  options: {
    backend: { kind: "string", default: "127.0.0.1:80", help: "The server that clients are passed on to." },
  },
  // What each client costs is two sockets' worth of waiting.
  defaults: { maxClients: 256 },
  async processRequest(connection, server) {
    const [, host = "", port] = /^(.*):(\d+)$/.exec(String(server.config.own["backend"])) ?? [];
    const backend = connect({ host, port: Number(port), allowHalfOpen: true });
    try {
      await once(backend, "connect");
      const client = await connection.duplex();
      await Promise.all([pipeline(client, backend), pipeline(backend, client)]);
    } catch (error) {
      server.log(2, `Cannot pass ${connection.peeraddr} on: ${(error as Error).message}`);
    } finally {
      backend.destroy();
    }
  },
};

export default handler;
