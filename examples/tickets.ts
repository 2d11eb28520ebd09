/**
 * A ticket dispenser: each client is told the next number. The count is a plain variable, which is right only where
 * one process serves everybody, one after the other.
 *
 *     deno run -A cli.ts Single ./examples/tickets.ts --port 127.0.0.1:20203
 *
 * @module
 */

import type { Handler } from "../mod.ts";

const counter = { last: 0 };

const handler: Handler = {
  defaults: { serverType: ["Single"] },
  async processRequest(connection) {
    await connection.print(`Your ticket is number ${++counter.last}\r\n`);
  },
};

export default handler;
