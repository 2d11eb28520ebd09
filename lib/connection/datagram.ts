/**
 * One datagram and its sender in the shape of a connection, so that hooks, access rules and handlers need not care.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ConnectionError, SystemError } from "../errors.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { sendTo } from "../os/socket.ts";
import { pollAway } from "../os/wait.ts";
import { closedError, textToWrite, timedOut } from "./failures.ts";
import { StreamConnection } from "./stream.ts";

/** How long a sender waits for room before it tries again: poll(2) does not tell when a peer's queue has some. */
const PAUSE_MS = 5;

/** The fewest bytes of a sender's name that is one: a unix socket that is bound to no path has but a family. */
const SHORTEST_NAME = 3;

const encoder = new TextEncoder();

/** A datagram as the handler is given it. */
export interface ReceivedDatagram {
  /** What was received. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether it was longer than `udp_recv_len`: the rest of it is lost. */
  readonly truncated: boolean;
}

/** What a {@linkcode DatagramConnection} is made of. */
export interface DatagramParts {
  readonly datagram: ReceivedDatagram;
  readonly local: Address;
  readonly remote: Address;
  /** The sender's `struct sockaddr`. */
  readonly peerName: Uint8Array;
  readonly timeout: number;
}

/** A datagram to read, once, and its sender to answer: each write is a datagram. */
export class DatagramConnection extends StreamConnection {
  declare readonly datagram: ReceivedDatagram;
  readonly #localAddr: Address;
  readonly #remoteAddr: Address;
  readonly #peerName: Uint8Array;
  /** What no read has given yet. */
  #unread: Uint8Array;

  /**
   * Takes over a datagram.
   *
   * @param fd The socket that it came from. It is shared, and stays open.
   */
  constructor(fd: number, { datagram, local, remote, peerName, timeout }: DatagramParts) {
    super(fd, { peer: peerName, timeout });
    this.datagram = datagram;
    this.#localAddr = local;
    this.#remoteAddr = remote;
    this.#peerName = peerName;
    this.#unread = datagram.bytes;
  }

  override get localAddr(): Address {
    return this.#localAddr;
  }

  override get remoteAddr(): Address {
    return this.#remoteAddr;
  }

  /** The datagram's bytes, as many as fit; null once they were taken. An empty datagram is at its end at once. */
  override receiveMore(bytes: Uint8Array): number | null {
    if (this.#unread.length === 0) return null;
    const n = Math.min(bytes.length, this.#unread.length);
    bytes.set(this.#unread.subarray(0, n));
    this.#unread = this.#unread.subarray(n);
    return n;
  }

  /** All that will come is there. */
  override whenMore(): Promise<void> {
    return Promise.resolve();
  }

  /** Sends `bytes` as one datagram to the sender. */
  override async write(bytes: Uint8Array): Promise<number> {
    if (typeof bytes === "string") throw textToWrite();
    const start = performance.now();
    for (;;) {
      if (this.sendNow(bytes)) return bytes.length;
      if (this.timeout > 0 && performance.now() - start >= this.timeout) {
        throw timedOut("write to", this.remoteAddr, this.timeout);
      }
      await pollAway([{ fd: this.fd, events: 0 }], PAUSE_MS);
    }
  }

  /** Sends `text` as one datagram. */
  override async print(text: string): Promise<void> {
    await this.write(encoder.encode(text));
  }

  /** Sends `bytes` as one datagram if the system has room for it now, and says whether it had. */
  sendNow(bytes: Uint8Array): boolean {
    if (this.closed) throw closedError();
    if (this.#peerName.length < SHORTEST_NAME) {
      throw new ConnectionError("Cannot answer the client: it is bound to no path", { code: "EDESTADDRREQ" });
    }
    try {
      return sendTo(this.fd, bytes, this.#peerName);
    } catch (cause) {
      // The sender may have gone, or may have no reachable address: that is no fault here.
      if (!(cause instanceof SystemError)) throw cause;
      const why = cause.message.slice(cause.message.indexOf(": "));
      throw new ConnectionError(`Cannot answer ${formatAddress(this.remoteAddr) || "the client"}${why}`, {
        code: cause.code,
        cause,
      });
    }
  }

  /** The socket is not this sender's alone. */
  override stopReading(): void {}

  /** There is nothing to end: the sender knows of no connection. */
  override closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  /** The socket stays open: others send to it. */
  protected override release(): void {}
}
