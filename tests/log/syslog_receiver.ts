/**
 * Log daemons to send to: a local socket of datagrams, UDP and TCP. For tests only.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, unlinkSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { closeFd } from "../../lib/os/descriptor.ts";
import { libc } from "../../lib/os/calls.ts";
import { acceptNow, bindDatagram, listenOn, localAddress, receiveFrom } from "../../lib/os/socket.ts";

/** What receives lines, and can be ended. */
export interface Receiver extends AsyncDisposable {
  readonly port: number;
  /** What came so far, as text. */
  readonly received: string[];
}

/** A daemon on a local socket of datagrams. */
export class UnixReceiver {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.start();
  }

  /** Binds the path, anew if it is there. */
  start(): void {
    if (existsSync(this.#path)) unlinkSync(this.#path);
    this.#fd = bindDatagram({ transport: "unix", hostname: "", port: 0, path: this.#path }, {
      v6Only: false,
    });
  }

  /** Closes the socket; its path is left, as a daemon that was killed leaves it. */
  stop(): void {
    if (this.#fd !== undefined) closeFd(this.#fd);
    this.#fd = undefined;
  }

  /** All datagrams that wait. */
  take(): string[] {
    const bytes = new Uint8Array(65536);
    const texts: string[] = [];
    for (;;) {
      const found = receiveFrom(this.#fd as number, bytes);
      if (found === undefined) return texts;
      texts.push(new TextDecoder().decode(bytes.subarray(0, found.length)));
    }
  }

  [Symbol.dispose](): void {
    this.stop();
    if (existsSync(this.#path)) unlinkSync(this.#path);
  }
}

/** A daemon on TCP that reads only when it is told to, so that the system runs out of room. */
export class SlowReceiver implements Disposable {
  readonly port: number;
  readonly #listener: number;
  #client = -1;
  #text = "";

  constructor(port = 0) {
    const address = { transport: "tcp", hostname: "127.0.0.1", port } as const;
    this.#listener = listenOn(address, { backlog: 8, v6Only: false });
    this.port = localAddress(this.#listener).port;
  }

  /** Reads what there is. Gives the lines so far; the last is what has no end yet. */
  read(): string[] {
    if (this.#client < 0) this.#client = acceptNow(this.#listener, new Uint8Array(128), socklen());
    const bytes = new Uint8Array(65536);
    for (let length = 1; length > 0;) {
      length = libc.read(this.#client, bytes, bytes.length);
      if (length > 0) this.#text += new TextDecoder().decode(bytes.subarray(0, length));
    }
    return this.#text.split("\n");
  }

  [Symbol.dispose](): void {
    if (this.#client >= 0) closeFd(this.#client);
    closeFd(this.#listener);
  }
}

/** Room for an address, as `accept` wants to be told. */
function socklen(): Uint8Array {
  return new Uint8Array(Uint32Array.of(128).buffer);
}

/** A daemon on UDP. */
export async function receiveUdp(): Promise<Receiver> {
  const received: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (bytes) => received.push(bytes.toString()));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    received,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** A daemon on TCP; its lines are those that are complete. */
export async function receiveTcp(port = 0): Promise<Receiver> {
  const received: string[] = [];
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    let rest = "";
    client.on("data", (bytes) => {
      const lines = (rest + bytes.toString()).split("\n");
      rest = lines.pop() as string;
      received.push(...lines);
    });
    client.on("error", () => {});
    client.on("close", () => clients.delete(client));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}
