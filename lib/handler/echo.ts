/**
 * Net::Server's sample server, for when no handler is given: it says back what it is told.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import type { Server } from "../context.ts";
import { ConnectionError } from "../errors.ts";

/** How long it waits for a line. */
const PATIENCE_MS = 30_000;

/** What `get NAME` shows: options by either spelling, and what the server knows of itself. */
function property(server: Server, connection: Connection, name: string): string {
  const camel = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const known: Record<string, unknown> = {
    ...server.config,
    ppid: server.parentPid,
    requests: server.requests,
    peeraddr: connection.remoteAddr.hostname,
    peerport: connection.remoteAddr.port,
    sockaddr: connection.localAddr.hostname,
    sockport: connection.localAddr.port,
  };
  const value = Object.hasOwn(known, name)
    ? known[name]
    : Object.hasOwn(known, camel)
    ? known[camel]
    : undefined;
  return value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * Greets, then answers each line. A line with `get NAME` shows a property, `dump` all options, `quit` ends the
 * connection and `exit` the server (Net::Server's `process_request`).
 */
export async function echo(connection: Connection, server: Server): Promise<void> {
  const name = `Tine::${server.personality}`;
  connection.timeout = PATIENCE_MS;
  await connection.print(`Welcome to "${name}" (${server.pid})\r\n`);
  try {
    for await (const line of connection.lines()) {
      await connection.print(`${name}:${server.pid}: You said "${line}"\r\n`);
      const get = /get\s+(\w+)/.exec(line);
      if (get?.[1] !== undefined) {
        await connection.print(`${get[1]}: ${property(server, connection, get[1])}\r\n`);
      } else if (line.includes("dump")) {
        await connection.print(`${JSON.stringify(server.config, null, 2).replaceAll("\n", "\r\n")}\r\n`);
      } else if (line.includes("quit")) return;
      else if (line.includes("exit")) await server.serverClose();
    }
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "ETIMEDOUT") throw error;
    await connection.print("Timed Out.\r\n");
  }
}
