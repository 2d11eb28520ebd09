/**
 * Every hook, each saying its name, its process and when it is called: a map of a server's life.
 *
 *     deno run -A cli.ts ./examples/every_hook.ts --port 127.0.0.1:20203 --max_servers 2
 *
 * @module
 */

import { appendFileSync } from "node:fs";
import process from "node:process";
import type { Handler, Server } from "../mod.ts";

/** Notes a hook in the file that the environment variable TRAIL names, or on stderr. */
function note(server: Server, hook: string, detail: string | number = ""): void {
  const trail = process.env["TRAIL"];
  const line = `${server.role} ${process.pid} ${hook} ${detail}`.trimEnd() + "\n";
  if (trail === undefined) process.stderr.write(line);
  else appendFileSync(trail, line);
}

const handler: Handler = {
  hooks: {
    configure: (server) => note(server, "configure"),
    postConfigure: (server) => note(server, "postConfigure", server.config.maxServers),
    postBind: (server) => note(server, "postBind", server.listeners.length),
    preLoop: (server) => note(server, "preLoop"),
    runNChildren: (server) => note(server, "runNChildren"),
    preFork: (server, kind) => note(server, "preFork", kind),
    childInit: (server, kind) => note(server, "childInit", kind),
    postAccept: (server, connection) => note(server, "postAccept", connection.remoteAddr.hostname),
    allowDeny(server) {
      note(server, "allowDeny");
      return process.env["DENY"] === undefined;
    },
    async requestDenied(server, connection) {
      note(server, "requestDenied");
      await connection.print("Not you.\r\n");
    },
    postProcessRequest: (server, allowed) => note(server, "postProcessRequest", String(allowed)),
    postClientConnection: (server) => note(server, "postClientConnection"),
    childFinish: (server, kind) => note(server, "childFinish", kind),
    runDequeue: (server) => note(server, "runDequeue"),
    childIsTalking: (server, message) => note(server, "childIsTalking", message.text),
    cleanupDeadChild: (server) => note(server, "cleanupDeadChild"),
    idleLoop: (server) => note(server, "idleLoop"),
    otherChildDied: (server) => note(server, "otherChildDied"),
    preServerClose: (server) => note(server, "preServerClose"),
    postChildCleanup: (server) => note(server, "postChildCleanup"),
    restartOpen: (server) => note(server, "restartOpen"),
    restartClose: (server) => note(server, "restartClose"),
    writeToLog(server, level, message) {
      if (level <= 3) note(server, "writeToLog", message);
    },
    fatal: (server, error) => note(server, "fatal", error.message),
  },
  async processRequest(connection, server) {
    note(server, "processRequest");
    await connection.print("Hello.\r\n");
    // With STAY in the environment, until the client leaves.
    if (process.env["STAY"] !== undefined) await connection.read(new Uint8Array(1));
  },
  // In the personality Multiplex, these in place of processRequest.
  mux: (connection, { server }) => ({
    muxConnection() {
      note(server, "muxConnection");
      connection.print("Hello.\r\n");
    },
    muxInput(input) {
      note(server, "muxInput");
      input.consume(input.length);
    },
    muxEof: () => note(server, "muxEof"),
    muxClose: () => note(server, "muxClose"),
    muxTimeout: () => note(server, "muxTimeout"),
  }),
};

export default handler;
