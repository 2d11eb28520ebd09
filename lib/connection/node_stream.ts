/**
 * A connection as a `stream.Duplex`, over which `node:tls`, `node:http` and libraries made for `node:net` work.
 *
 * @module
 */

import { Duplex } from "node:stream";
import type { Connection } from "./connection.ts";

const CHUNK = 65536;

/** Reads and writes a {@linkcode Connection} with the back-pressure of both sides. */
export class ConnectionDuplex extends Duplex {
  readonly #connection: Connection;
  /** The peer's address, where `node:http` and others look for it. */
  readonly remoteAddress: string;
  /** The peer's port. */
  readonly remotePort: number;
  /** This end's address. */
  readonly localAddress: string;
  /** This end's port. */
  readonly localPort: number;

  constructor(connection: Connection) {
    // Half-open, as the connection is: the peer's end does not end what is still to be sent.
    // And it asks for no byte before it is asked for one: what it does not take, other ways to read have.
    super({ allowHalfOpen: true, readableHighWaterMark: 0 });
    this.#connection = connection;
    const { remoteAddr, localAddr } = connection;
    this.remoteAddress = remoteAddr.hostname;
    this.remotePort = remoteAddr.port;
    this.localAddress = localAddr.hostname;
    this.localPort = localAddr.port;
  }

  override _read(): void {
    const bytes = new Uint8Array(CHUNK);
    this.#connection.read(bytes).then(
      (n) => this.push(n === null ? null : bytes.subarray(0, n)),
      (error) => this.destroy(error),
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#connection.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.close();
    done(error);
  }

  /** As `net.Socket` has it. */
  // deno-lint-ignore tine/no-boolean-parameters -- the signature is that of net.Socket
  setNoDelay(on = true): this {
    this.#connection.setNoDelay({ on });
    return this;
  }

  /** As `net.Socket` has it: milliseconds without traffic before reads and writes fail. */
  setTimeout(timeout: number): this {
    this.#connection.timeout = timeout;
    return this;
  }

  /** As `net.Socket` has it; keep-alive is left as the system has it. */
  setKeepAlive(): this {
    return this;
  }

  /** As `net.Socket` has it. A served connection always keeps its child. */
  ref(): this {
    return this;
  }

  /** As `net.Socket` has it. A served connection always keeps its child. */
  unref(): this {
    return this;
  }
}
