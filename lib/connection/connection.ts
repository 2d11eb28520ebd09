/**
 * The connection that handlers and hooks get.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { Address } from "../address.ts";
import type { ReceivedDatagram } from "./datagram.ts";
import type { LinesOptions, ReadOptions } from "./options.ts";

/**
 * A client's connection. Its addresses have the names of `Deno.Conn` and those of Net::Server. It is closed automatically
 * when the handler returns.
 *
 * All ways to read share one buffer, so they can be mixed: each continues where the last one stopped. A read that fails
 * takes nothing. Timeouts of reads are in milliseconds.
 *
 * Read with one call at a time: of reads that overlap, it is not said which gets what. Writes keep their order.
 *
 * @example A line with the number of bytes that follow
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
   * The socket's file descriptor, for your own system calls, such as setsockopt(2). Do not close it, and do not read from
   * it by other means: received bytes are not in the socket any more.
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
   * The client's host name, with `reverse_lookups` and if one was found in time. It is verified only with
   * `double_reverse_lookups`.
   */
  peerhost?: string;
  /** The received datagram (UDP or `unixdgram`). Undefined for stream connections. */
  readonly datagram?: ReceivedDatagram;
  /**
   * Milliseconds that a read or a write may wait for the peer before it fails with `ETIMEDOUT`. 0 is no limit. The default
   * is the option `idle_timeout`, which is in seconds.
   */
  timeout: number;
  /** Whether {@linkcode close} was called. */
  readonly closed: boolean;
  /** Aborted when the connection closes or the process begins to shut down. */
  readonly signal: AbortSignal;

  /**
   * Reads the available bytes, and waits for at least one.
   *
   * @returns The number of bytes put into `bytes`, or null at the end of what the peer sends.
   * @throws {ConnectionError} `ECONNRESET`, `ETIMEDOUT`, `ECANCELED`, or `EBADF` after a close.
   */
  read(bytes: Uint8Array, options?: ReadOptions): Promise<number | null>;
  /**
   * Reads the next line, without its ending (LF or CR LF), decoded as UTF-8. A last line without an ending counts.
   *
   * @returns The line, or null at the end of what the peer sends.
   * @throws {ConnectionError} `EMSGSIZE` when the line is longer than `maxLength` bytes (default 65,536), and as `read`
   * does. No byte of the line is taken then.
   */
  readLine(options?: LinesOptions): Promise<string | null>;
  /**
   * Reads exactly `length` bytes. Memory grows as they arrive. The caller has to limit `length`.
   *
   * @returns The bytes, in a new array, or null at the end of what the peer sends.
   * @throws {ConnectionError} `ENODATA` when the end comes within the bytes, and as `read` does. No byte is taken then.
   */
  readExactly(length: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The lines that the peer sends, each as {@linkcode readLine} reads it. */
  lines(options?: LinesOptions): AsyncIterableIterator<string>;
  /** What the peer sends, as a web stream. Reads only on demand. Cancelling it stops reading. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What is sent to the peer, as a web stream. Closing it closes the writing side only. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * The connection as a `stream.Duplex`, for libraries made for `node:net`. It reads only on demand. Bytes that it has
   * read and not passed on stay in it.
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
  /** Shuts down the writing side, after pending writes. Reading continues. */
  closeWrite(): Promise<void>;
  /** Sends small packets at once (`on: true`, the default), or gathers them (`TCP_NODELAY`). */
  setNoDelay(options?: { on: boolean }): void;
  /** Closes the connection. Pending reads and writes reject. Closing again does nothing. */
  close(): void;
  /** Closes the connection when it goes out of a `using` scope. */
  [Symbol.dispose](): void;
}
