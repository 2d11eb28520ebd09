/** The echo that Net::Server brings, for Multiplex, as `multiplex.pl` has it. @module */

import type { Handler } from "../../mod.ts";

const handler: Handler = {
  mux: (connection, { server }) => ({
    muxConnection: () => void connection.print(`Welcome to "Tine::Multiplex" (${server.pid})\r\n`),
    muxInput(input) {
      for (const line of input.lines()) {
        connection.print(`Tine::Multiplex:${server.pid}: You said "${line}"\r\n`);
      }
    },
  }),
};

export default handler;
