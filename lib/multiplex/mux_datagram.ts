/**
 * One datagram as a client of many: its callbacks, and answers to its sender.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { DatagramConnection } from "../connection/datagram.ts";
import type { Address } from "../address.ts";
import { ConnectionError } from "../errors.ts";
import type { Awaitable } from "../hooks.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { ByteQueue } from "../connection/byte_queue.ts";
import { describeThrown } from "../process/failure.ts";
import type { MuxClient, MuxConnection } from "./mux.ts";
import type { StreamHost } from "./mux_stream.ts";
import { MuxInput } from "./mux_input.ts";

const encoder = new TextEncoder();

/** A datagram's sender. It can be written to for as long as the server listens, if the program keeps it. */
export class MuxDatagram implements MuxConnection {
  readonly id: number;
  readonly isDatagram = true;
  /** Nothing ever waits: what the system has no room for is lost, as any datagram may be. */
  readonly queued = 0;
  maxQueued = 0;
  maxInput = 0;
  readonly #host: Pick<StreamHost, "log">;
  readonly #connection: DatagramConnection;
  #isClosed = false;

  constructor(host: Pick<StreamHost, "log">, connection: DatagramConnection, id: number) {
    this.#host = host;
    this.#connection = connection;
    this.id = id;
  }

  get remoteAddr(): Address {
    return this.#connection.remoteAddr;
  }

  get localAddr(): Address {
    return this.#connection.localAddr;
  }

  get peerhost(): string | undefined {
    return this.#connection.peerhost;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isClosed) return false;
    try {
      return this.#connection.sendNow(bytes);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#host.log(LEVEL.info, error.message);
      return false;
    }
  }

  print(text: string): boolean {
    return this.write(encoder.encode(text));
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  setTimeout(): never {
    throw new Error("Cannot set a timeout for a datagram: it is over once it was served");
  }

  close(): void {
    this.#isClosed = true;
  }

  abort(): void {
    this.#isClosed = true;
  }
}

/** Calls the callbacks for one datagram, one after the other. What they throw affects no other client. */
export async function serveDatagram(
  host: Pick<StreamHost, "log" | "afterService">,
  connection: DatagramConnection,
  { id, makeClient }: { id: number; makeClient: (connection: MuxConnection) => MuxClient },
): Promise<void> {
  const peer = new MuxDatagram(host, connection, id);
  const queue = new ByteQueue();
  queue.append(connection.datagram.bytes);
  const attempt = async (name: string, callback: () => Awaitable<void>): Promise<boolean> => {
    try {
      await callback();
      return true;
    } catch (error) {
      const who = formatAddress(connection.remoteAddr) || `client ${id}`;
      host.log(LEVEL.warning, `For a datagram of ${who}, ${name} threw ${describeThrown(error)}`);
      return false;
    }
  };
  let client: MuxClient | undefined;
  const isServed = await attempt("mux", () => void (client = makeClient(peer))) &&
    await attempt("muxConnection", () => client?.muxConnection?.());
  if (isServed) await attempt("muxInput", () => client?.muxInput(new MuxInput(queue)));
  await host.afterService();
  await attempt("muxClose", () => client?.muxClose?.());
}
