/**
 * A connection as a server has it, and the client at its other end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { StreamConnection } from "../../lib/connection/stream.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { SOCKADDR_SIZE } from "../../lib/os/sockaddr.ts";
import { doClientsWait } from "../../lib/os/listening_socket.ts";
import { acceptBlocking, acceptNow, listenOn, localAddress } from "../../lib/os/socket.ts";
import { pollHere, POLLIN } from "../../lib/os/wait.ts";

/** Both ends of a connection. */
export interface Pair {
  readonly connection: StreamConnection;
  readonly client: Socket;
  /** Everything that the client received up to the other end's end. */
  readonly received: () => Promise<string>;
}

/** Connects a client of `node:net` to a listener of our own. */
export async function connect(
  hostname = "127.0.0.1",
  options: { inReceive: boolean } = { inReceive: true },
): Promise<Pair> {
  const address = { transport: "tcp", hostname, port: 0 } as const;
  const listener = listenOn(address, { backlog: 8, v6Only: true });
  try {
    const waitsInReceive = options.inReceive && doClientsWait(listener, address);
    const accept = waitsInReceive ? acceptBlocking : acceptNow;
    const client = createConnection({
      host: hostname,
      port: localAddress(listener).port,
      allowHalfOpen: true,
    });
    client.pause();
    client.on("error", () => {}); // a reset is what some tests want
    await once(client, "connect");
    client.setNoDelay(true);
    assert.ok(pollHere(listener, POLLIN, 1000));
    const peer = new Uint8Array(SOCKADDR_SIZE);
    const fd = accept(listener, peer, new Uint8Array(Uint32Array.of(SOCKADDR_SIZE).buffer));
    assert.ok(fd >= 0);
    const connection = new StreamConnection(fd, { peer, timeout: 0, waitsInReceive });
    const received = async () => {
      let text = "";
      client.setEncoding("latin1");
      client.on("data", (part) => text += part);
      client.resume();
      await once(client, "end");
      return text;
    };
    return { connection, client, received };
  } finally {
    closeFd(listener);
  }
}

/** Runs `body` with a pair, and closes both ends. */
export async function withPair(body: (pair: Pair) => Promise<void>, hostname?: string): Promise<void> {
  const pair = await connect(hostname);
  try {
    await body(pair);
  } finally {
    pair.connection.close();
    pair.client.destroy();
  }
}

/** Reads until there are `length` bytes, as text. */
export async function readText(connection: StreamConnection, length: number): Promise<string> {
  let text = "";
  while (text.length < length) {
    const bytes = new Uint8Array(length - text.length);
    const n = await connection.read(bytes);
    if (n === null) break;
    text += new TextDecoder("latin1").decode(bytes.subarray(0, n));
  }
  return text;
}
