/**
 * What a program that serves many clients at once implements, and what it is given (Net::Server::Multiplex).
 *
 * @module
 */

import type { Address } from "../address.ts";
import type { Server } from "../context.ts";
import type { Awaitable } from "../hooks.ts";
import type { MuxInput } from "./mux_input.ts";

/**
 * Makes the object that serves one client and holds its state; called once for each admitted client, before its
 * `muxConnection`. For datagrams each one is a client.
 */
export type MuxFactory = (connection: MuxConnection, mux: Mux) => MuxClient;

/**
 * One client's side of the program: IO::Multiplex's callbacks in camelCase. All but `muxInput` are optional.
 *
 * The callbacks of one client never overlap: while one that returns a promise is under way, nothing is read from that
 * client, and all others are served. A callback that throws ends its own client only.
 */
export interface MuxClient {
  /** The client was admitted (`mux_connection`). */
  muxConnection?(): Awaitable<void>;
  /** Bytes arrived. Consume from `input` what you can use. The rest is there again next time (`mux_input`). */
  muxInput(input: MuxInput): Awaitable<void>;
  /**
   * The client will send no more (`mux_eof`). Bytes that are not consumed now are lost. What is written now is still
   * sent. Then the connection is closed.
   */
  muxEof?(input: MuxInput): Awaitable<void>;
  /** The connection is closed, by the client or by the server: the last call (`mux_close`). */
  muxClose?(): Awaitable<void>;
  /** The time that {@linkcode MuxConnection.setTimeout} set is over (`mux_timeout`). */
  muxTimeout?(): Awaitable<void>;
}

/** All clients of the process. */
export interface Mux {
  /** The server. */
  readonly server: Server;
  /** The clients that are connected and not being closed, in the order in which they came (`handles`). No datagrams. */
  readonly connections: Iterable<MuxConnection>;
  /** How many connections are open. */
  readonly size: number;
}

/** One client, to write to. Writing never waits and never throws: what the client cannot take yet is kept for it. */
export interface MuxConnection {
  /** Sequence number of this client in the process, starting at 1. */
  readonly id: number;
  /** The other end's address. */
  readonly remoteAddr: Address;
  /** This end's address. */
  readonly localAddr: Address;
  /** The client's host name, with `reverse_lookups` and if one was found in time. */
  readonly peerhost: string | undefined;
  /** Whether the client is one datagram, which is answered by datagrams. */
  readonly isDatagram: boolean;
  /** Whether it is closed, or being closed. */
  readonly closed: boolean;
  /** How many bytes wait to be sent. While they are more than 64 KiB, nothing is read from the client. */
  readonly queued: number;
  /** The most bytes that may wait to be sent: a client that falls further behind is cut off. Default 1 MiB. */
  maxQueued: number;
  /** The most bytes of input that `muxInput` may leave: a client that sends more is cut off. Default 1 MiB. */
  maxInput: number;
  /**
   * Sends `bytes`, a copy of them if they must wait; to a datagram's sender, as one datagram. On a closed connection
   * it does nothing.
   *
   * @returns Whether the client keeps up. After false, more should wait for {@linkcode drained}.
   */
  write(bytes: Uint8Array): boolean;
  /** Sends `text` as UTF-8, as {@linkcode write} does. */
  print(text: string): boolean;
  /** Waits until nothing waits to be sent any more, or the connection is closed. */
  drained(): Promise<void>;
  /**
   * Calls `muxTimeout` once, in `seconds` (may have fractions; `Connection.timeout` is in milliseconds). Replaces an
   * earlier timeout. Undefined cancels it.
   *
   * @throws {Error} for a datagram, which is over once it was served
   */
  setTimeout(seconds: number | undefined): void;
  /** Reads no more, sends what waits, and then closes the connection. */
  close(): void;
  /** Closes the connection at once; what waits to be sent is dropped. */
  abort(): void;
}
