/**
 * A chat: Net::Server's samplechat, for many clients in one process. What one says, all hear, be it over TCP, a unix
 * socket or UDP.
 *
 *     deno run -A cli.ts Multiplex ./examples/chat.ts --port 127.0.0.1:2000 --port 127.0.0.1:2000/udp
 *     telnet 127.0.0.1 2000
 *     nc -u 127.0.0.1 2000
 *
 * @module
 */

import type { Handler, Mux, MuxClient, MuxConnection, MuxInput } from "../mod.ts";

/** Who has said something by a datagram lately, by address: nobody hangs up there, so they are forgotten in time. */
const correspondents = new Map<string, { readonly connection: MuxConnection; readonly heardAt: number }>();
const MOST_CORRESPONDENTS = 100;

function remember(connection: MuxConnection): void {
  const { hostname, port, path } = connection.remoteAddr;
  const name = path ?? `${hostname} ${port}`;
  // The one that was heard last stands last.
  correspondents.delete(name);
  correspondents.set(name, { connection, heardAt: Date.now() });
  const [longestSilent] = correspondents.keys();
  if (correspondents.size > MOST_CORRESPONDENTS && longestSilent !== undefined) {
    correspondents.delete(longestSilent);
  }
}

/** Tells everybody. */
function broadcast(mux: Mux, message: string): void {
  for (const connection of mux.connections) connection.print(message);
  const since = Date.now() - 2000 * patienceOf(mux);
  for (const [name, { connection, heardAt }] of correspondents) {
    if (heardAt < since) correspondents.delete(name);
    else connection.print(message);
  }
}

/** Seconds that a guest may be silent at first; twice that later on. */
function patienceOf(mux: Mux): number {
  return mux.server.config.own["patience"] as number;
}

/** One who sends a datagram. */
function correspondent(connection: MuxConnection, mux: Mux): MuxClient {
  return {
    muxInput(input) {
      remember(connection);
      const text = input.text().trim();
      if (text !== "") broadcast(mux, `[udp - ${connection.remoteAddr.hostname}] ${text}\r\n`);
    },
  };
}

/** One who takes part over a connection. Its fields are its state. */
class Guest implements MuxClient {
  readonly #connection: MuxConnection;
  readonly #mux: Mux;
  readonly #from: string;
  #rank: "junior" | "senior" = "junior";

  constructor(connection: MuxConnection, mux: Mux) {
    this.#connection = connection;
    this.#mux = mux;
    this.#from = connection.remoteAddr.hostname;
  }

  muxConnection(): void {
    const { id } = this.#connection;
    broadcast(this.#mux, `JOIN: (#${id}) from ${this.#from}\r\n`);
    this.#connection.print(`Welcome, you are number ${id} to connect.\r\n`);
    this.#connection.setTimeout(patienceOf(this.#mux));
  }

  muxInput(input: MuxInput): void {
    // A line that has not come whole stays where it is.
    for (const line of input.lines()) {
      if (line === "") continue;
      const message = `[${this.#connection.id} - ${this.#from}] ${line}\r\n`;
      broadcast(this.#mux, message);
      this.#connection.print(` - sent ${message.length} byte message\r\n`);
    }
    if (this.#rank === "senior") this.#connection.setTimeout(2 * patienceOf(this.#mux));
  }

  muxTimeout(): void {
    if (this.#rank === "senior") {
      this.#connection.print("If you don't want to talk then you should leave. *BYE*\r\n");
      this.#connection.close();
      return;
    }
    this.#connection.print("Whoa, you must have a lot of patience.  You have been upgraded.\r\n");
    this.#rank = "senior";
    this.#connection.setTimeout(2 * patienceOf(this.#mux));
  }

  muxClose(): void {
    broadcast(this.#mux, `LEFT: (#${this.#connection.id}) from ${this.#from}\r\n`);
  }
}

const handler: Handler = {
  defaults: { serverType: ["Multiplex"] },
  options: {
    patience: { kind: "seconds", default: 20, min: 0, help: "Seconds that a guest may be silent at first." },
  },
  hooks: {
    allowDeny: (_server, { remoteAddr }) =>
      remoteAddr.transport === "unix" || /^(::ffff:)?127\.|^::1$/.test(remoteAddr.hostname),
    requestDenied: (_server, connection) => connection.print("Go away!\r\n"),
  },
  mux: (connection, mux) =>
    connection.isDatagram ? correspondent(connection, mux) : new Guest(connection, mux),
};

export default handler;
