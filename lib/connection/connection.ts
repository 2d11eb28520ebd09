/**
 * What handlers and hooks have of a client.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { Address } from "../address.ts";
import type { ReceivedDatagram } from "./datagram.ts";
import type { LinesOptions, ReadOptions } from "./options.ts";

/**
 * A client's connection: its two ends, as `Deno.Conn` names them and as Net::Server does, and what can be read from it and
 * written to it. Its handler need not close it: that is done when the handler returns.
 *
 * All ways to read take from the same bytes, in any mix: each goes on where the last one stopped. What a read that fails
 * has not given stays there for the next. A read's `timeout` is in milliseconds.
 *
 * @example A line that says how many bytes follow
 * ```ts
 * import type { Connection } from "tine";
 *
 * async function store(connection: Connection): Promise<Uint8Array | null> {
 *   const line = await connection.readLine({ maxLength: 80 });
 *   if (line === null) return null; // the client has ended
 *   return await connection.readExactly(Number(line));
 * }
 * ```
 */
export interface Connection {
  /**
   * The descriptor of the socket, for your own system calls, such as setsockopt(2). It is not to be closed or read from
   * by other means: bytes that were received are not in the socket any more.
   */
  readonly fd: number;
  /** The client's address, as `Deno.Conn` has it. */
  readonly remoteAddr: Address;
  /** This end's address. */
  readonly localAddr: Address;
  /** The client's address, such as `192.0.2.1`; undefined on a unix socket. */
  readonly peeraddr: string | undefined;
  /** The client's port; undefined on a unix socket. */
  readonly peerport: number | undefined;
  /** The address that the client connected to; undefined on a unix socket. */
  readonly sockaddr: string | undefined;
  /** The port that the client connected to; undefined on a unix socket. */
  readonly sockport: number | undefined;
  /**
   * The client's host name, with `reverse_lookups` and if one was found in time. Whether it is the client's own is known
   * with `double_reverse_lookups` alone.
   */
  peerhost?: string;
  /** The datagram that was received, where this is one and no stream: of UDP or `unixdgram`. */
  readonly datagram?: ReceivedDatagram;
  /**
   * Milliseconds that a read or a write may wait for the peer before it fails with `ETIMEDOUT`. 0 is no limit. At first it is
   * the option `idle_timeout`, which is in seconds.
   */
  timeout: number;
  /** Whether {@linkcode close} was called. */
  readonly closed: boolean;
  /** Aborted when the connection is closed, or when the process is told to stop while it is served. */
  readonly signal: AbortSignal;

  /**
   * Reads what is there, waiting for at least one byte.
   *
   * @returns The number of bytes put into `bytes`, or null at the end of what the peer sends.
   * @throws {ConnectionError} `ECONNRESET`, `ETIMEDOUT`, `ECANCELED`, or `EBADF` after a close.
   */
  read(bytes: Uint8Array, options?: ReadOptions): Promise<number | null>;
  /**
   * Reads the next line, without its end (LF or CR LF), decoded as UTF-8. A last line without an end counts.
   *
   * @returns The line, or null at the end of what the peer sends.
   * @throws {ConnectionError} `EMSGSIZE` when the line is longer than `maxLength` bytes (65,536), and as `read` does. No
   * byte of the line is taken then.
   */
  readLine(options?: LinesOptions): Promise<string | null>;
  /**
   * Reads exactly `length` bytes. Memory is taken as they come; how many to ask for at most, the caller decides.
   *
   * @returns The bytes, in memory of their own, or null where the peer's end comes before the first of them.
   * @throws {ConnectionError} `ENODATA` when the end comes in the middle of them, and as `read` does. No byte is taken
   * then.
   */
  readExactly(length: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The lines that the peer sends, each as {@linkcode readLine} reads it. */
  lines(options?: LinesOptions): AsyncIterableIterator<string>;
  /** What the peer sends, as a web stream. Nothing is read before it is asked for. Cancelling it stops reading. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What is sent to the peer, as a web stream. Closing it closes the writing side only. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * The connection as a `stream.Duplex`, for libraries made for `node:net`. It reads when it is read from; what it was given
   * and has not handed out stays with it.
   */
  duplex(): Promise<Duplex>;

  /**
   * Writes all of `bytes`, waiting for a slow reader. Writes that overlap keep their order.
   *
   * @returns The number of bytes, as `Deno.Conn` does.
   * @throws {ConnectionError} `EPIPE`, `ECONNRESET`, `ETIMEDOUT`, or `EBADF` after a close.
   * @throws {TypeError} for a string, which {@linkcode print} writes.
   */
  write(bytes: Uint8Array): Promise<number>;
  /** Writes `text` as UTF-8. */
  print(text: string): Promise<void>;
  /** Tells the peer that no more will be sent, after what is being written. Reading goes on. */
  closeWrite(): Promise<void>;
  /** Sends small packets at once, or gathers them (`TCP_NODELAY`). */
  setNoDelay(options?: { on: boolean }): void;
  /** Closes the connection. What waits on it is given up. Closing again does nothing. */
  close(): void;
  /** Closes the connection when it goes out of a `using` scope. */
  [Symbol.dispose](): void;
}
