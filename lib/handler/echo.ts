/**
 * Net::Server's sample server, for when no handler is given: it says back what it is told.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import type { ReceivedDatagram } from "../connection/datagram.ts";
import type { Server } from "../context.ts";
import { ConnectionError } from "../errors.ts";

/** How long it waits for a line where `idle_timeout` does not say. */
const TIMEOUT_MS = 30_000;

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

/** Answers a datagram with one: its bytes as they came, or all options where they have `dump` in them. */
async function echoDatagram(
  connection: Connection,
  server: Server,
  { bytes }: ReceivedDatagram,
): Promise<void> {
  if (new TextDecoder().decode(bytes).includes("dump")) {
    await connection.print(JSON.stringify(server.config, null, 2));
    return;
  }
  const before = new TextEncoder().encode('You said "');
  const answer = new Uint8Array(before.length + bytes.length + 1);
  answer.set(before);
  answer.set(bytes, before.length);
  answer[answer.length - 1] = 0x22; // "
  await connection.write(answer);
}

/**
 * Greets, then answers each line. A line with `get NAME` shows a property, `dump` all options, `quit` ends the
 * connection and `exit` the server (Net::Server's `process_request`).
 */
export async function echo(connection: Connection, server: Server): Promise<void> {
  if (connection.datagram !== undefined) return await echoDatagram(connection, server, connection.datagram);
  const name = `Tine::${server.personality}`;
  if (connection.timeout === 0) connection.timeout = TIMEOUT_MS;
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
