/**
 * Counts the clients of all children: each child tells the parent, which keeps the sum.
 *
 *     deno run -A cli.ts PreFork ./examples/tally.ts --port 127.0.0.1:20203 --child_communication
 *
 * @module
 */

import type { Handler } from "../mod.ts";

/** The clients that each word was said by. Only the parent's copy is used. */
const tally = new Map<string, number>();

const handler: Handler = {
  hooks: {
    childIsTalking(server, { pid, text }) {
      const count = (tally.get(text) ?? 0) + 1;
      tally.set(text, count);
      server.log(2, `Child ${pid} heard "${text}", which makes ${count}`);
    },
  },
  async processRequest(connection, server) {
    await connection.print("Say a word.\r\n");
    for await (const word of connection.lines()) {
      await server.tellParent(word);
      await connection.print("It counts.\r\n");
      return;
    }
  },
};

export default handler;
