/**
 * One client of many over a stream socket: its input, its output, and the callbacks in their order.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Connection } from "../connection/connection.ts";
import { failure } from "../connection/failures.ts";
import type { Address } from "../address.ts";
import type { Awaitable } from "../hooks.ts";
import { errno, libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import { EAGAIN, EINTR } from "../os/errno.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { POLLIN, POLLOUT } from "../os/wait.ts";
import { ByteQueue } from "../connection/byte_queue.ts";
import { Callbacks } from "./callbacks.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";
import type { MuxClient, MuxConnection } from "./mux.ts";
import { MuxInput } from "./mux_input.ts";
import { FULL, OutputQueue } from "./output_queue.ts";

/** With more than this to send, a client is not listened to: who does not read his answers gets no more of them. */
const HIGH_WATER = 65536;
const MEBIBYTE = 1 << 20;
/** How long a connection that is being closed may take for what waits to be sent. */
const LINGER_MS = 30_000;
const encoder = new TextEncoder();
// All clients' bytes are received here, and copied out before anything else is received.
const chunk = new Uint8Array(65536);

/** What a stream needs of the multiplexer. */
export interface StreamHost {
  readonly deadlines: Deadlines;
  /** How long a client may say nothing, in milliseconds; 0 is no limit. */
  readonly idleMs: number;
  now(): number;
  watch(fd: number, events: number): void;
  log(level: number, message: string): void;
  /** Has {@linkcode MuxStream.proceed} called in the next turn. */
  schedule(stream: MuxStream): void;
  /** The socket is about to be closed. */
  closing(stream: MuxStream): void;
  /** Called before `muxClose`. */
  afterService(): Awaitable<void>;
  /** Everything was done. */
  finished(stream: MuxStream): void;
}

/** A stream, from its admission to its `muxClose`. */
export class MuxStream implements MuxConnection {
  readonly id: number;
  readonly isDatagram = false;
  maxQueued: number = MEBIBYTE;
  maxInput: number = MEBIBYTE;
  readonly #host: StreamHost;
  readonly #connection: Connection;
  #client: MuxClient | undefined;
  readonly #output = new OutputQueue();
  readonly #queue = new ByteQueue();
  readonly #input = new MuxInput(this.#queue);
  readonly #callbacks = new Callbacks({
    onEnd: () => this.#afterCall(),
    onLateEnd: () => this.#host.schedule(this),
    onThrow: (text) => this.#onThrow(text),
  });
  #isFresh = false;
  #isTimedOut = false;
  #isEnded = false;
  #isEofTold = false;
  #isRetiring = false;
  #isClosing = false;
  #isClosed = false;
  #isCloseTold = false;
  #lastHeard: number;
  readonly #timeout = new Deadline(() => {
    this.#isTimedOut = true;
    this.#host.schedule(this);
  });
  readonly #silence = new Deadline(() => this.#onSilence());

  constructor(host: StreamHost, connection: Connection, id: number) {
    this.#host = host;
    this.#connection = connection;
    this.id = id;
    this.#lastHeard = host.now();
    if (host.idleMs > 0) host.deadlines.set(this.#silence, this.#lastHeard + host.idleMs);
  }

  /** Begins the service, by the program's object for this client. */
  begin(makeClient: () => MuxClient): void {
    this.#callbacks.call("mux", () => {
      const client = makeClient();
      if (typeof client?.muxInput !== "function") {
        throw new TypeError("Cannot serve a client: what mux returned has no muxInput");
      }
      this.#client = client;
    });
    if (!this.#isClosed) this.#callbacks.call("muxConnection", () => this.#client?.muxConnection?.());
    this.proceed();
  }

  get fd(): number {
    return this.#connection.fd;
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
    return this.#isClosing || this.#isClosed;
  }

  get queued(): number {
    return this.#output.length;
  }

  /** Who this is, for the log. */
  get name(): string {
    return this.remoteAddr.transport === "unix" ? `client ${this.id}` : formatAddress(this.remoteAddr);
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed) return false;
    const outcome = this.#output.write(this.fd, bytes, this.maxQueued);
    if (outcome === FULL) {
      const { length } = this.#output;
      this.#cutOff(2, `${length} bytes wait for it, and it does not take them`);
    } else if (outcome !== 0) this.#fail("write to", outcome);
    else if (this.#output.length > 0) this.#watch();
    return outcome === 0 && this.#output.length <= HIGH_WATER;
  }

  print(text: string): boolean {
    return this.write(encoder.encode(text));
  }

  drained(): Promise<void> {
    return this.#output.drained();
  }

  setTimeout(seconds: number | undefined): void {
    if (this.#isClosed) return;
    const { deadlines } = this.#host;
    deadlines.set(this.#timeout, seconds === undefined ? Infinity : this.#host.now() + seconds * 1000);
    if (seconds === undefined) this.#isTimedOut = false;
    // A wait that is under way may be longer.
    else this.#host.schedule(this);
  }

  close(): void {
    if (this.closed) return;
    this.#isClosing = true;
    this.#host.deadlines.set(this.#silence, this.#host.now() + LINGER_MS);
    this.#host.schedule(this);
  }

  abort(): void {
    this.#closeSocket();
  }

  /** Closes once the callback that is under way has ended and what it wrote was sent. */
  retire(): void {
    this.#isRetiring = true;
    this.#host.schedule(this);
  }

  /** Closes at once, and waits for no callback that is under way. */
  abandon(): void {
    this.#closeSocket();
    this.#callbacks.isBusy = false;
    this.proceed();
  }

  /** Does what its descriptor's events ask for. */
  onEvents(events: number): void {
    // An error or a hang-up shows when one writes or reads, whichever is wanted.
    if ((events & ~POLLIN) !== 0) {
      const failed = this.#output.flush(this.fd);
      if (failed !== 0) this.#fail("write to", failed);
    }
    if (!this.#isClosed && (events & ~POLLOUT) !== 0 && this.#wants() & POLLIN) this.#receive();
    this.proceed();
  }

  #receive(): void {
    const n = libc.recv(this.fd, chunk, chunk.length, c.MSG_DONTWAIT);
    if (n > 0) {
      this.#queue.append(chunk.subarray(0, n));
      this.#isFresh = true;
      this.#lastHeard = this.#host.now();
    } else if (n === 0) {
      this.#isEnded = true;
    } else {
      const code = errno();
      if (code !== EAGAIN && code !== EINTR) this.#fail("read from", code);
    }
  }

  /** The client has gone, which is no fault of anybody's here. */
  #fail(doing: "read from" | "write to", number: number): void {
    this.#host.log(LEVEL.info, failure(doing, this.remoteAddr, number).message);
    this.#closeSocket();
  }

  #closeSocket(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { deadlines } = this.#host;
    deadlines.set(this.#timeout, Infinity);
    deadlines.set(this.#silence, Infinity);
    this.#host.watch(this.fd, 0);
    this.#host.closing(this);
    this.#connection.close();
    this.#output.clear();
    this.#host.schedule(this);
  }

  #onSilence(): void {
    const { deadlines, idleMs } = this.#host;
    const silentUntil = this.#lastHeard + idleMs;
    if (!this.#isClosing && silentUntil > this.#host.now()) return deadlines.set(this.#silence, silentUntil);
    if (this.#isClosing) this.#cutOff(3, `it took nothing for ${LINGER_MS / 1000} s`);
    else this.#cutOff(3, `it said nothing for ${idleMs / 1000} s`);
  }

  #cutOff(level: number, why: string): void {
    this.#host.log(level, `Cut off ${this.name}: ${why}`);
    this.#closeSocket();
  }

  /** Calls what is to be called, one after the other, and then waits for what may come. */
  proceed(): void {
    while (!this.#callbacks.isBusy && this.#step());
    if (!this.#isClosed) this.#watch();
  }

  /** Takes the next step, if there is one to take. */
  #step(): boolean {
    if (this.#isClosed) {
      if (this.#isCloseTold) return false;
      this.#isCloseTold = true;
      this.#callbacks.call("muxClose", async () => {
        await this.#host.afterService();
        await this.#client?.muxClose?.();
      });
    } else if (this.#isClosing) {
      if (this.#output.length > 0) return false;
      this.#closeSocket();
      return true;
    }
    const client = this.#client as MuxClient; // it is closed where there is none
    if (this.#isTimedOut) {
      this.#isTimedOut = false;
      this.#callbacks.call("muxTimeout", () => client.muxTimeout?.());
    } else if (this.#isFresh) {
      this.#isFresh = false;
      this.#callbacks.call("muxInput", () => client.muxInput(this.#input));
    } else if (this.#isEnded && !this.#isEofTold) {
      this.#isEofTold = true;
      this.#callbacks.call("muxEof", () => client.muxEof?.(this.#input));
    } else if (this.#isEnded || this.#isRetiring) {
      this.#queue.clear();
      this.close();
    } else return false;
    return true;
  }

  #afterCall(): void {
    if (this.#isCloseTold) return this.#host.finished(this);
    if (this.#isClosed || this.#queue.length <= this.maxInput) return;
    this.#cutOff(2, `it sent ${this.#queue.length} bytes of unread input`);
  }

  #onThrow(text: string): void {
    this.#host.log(LEVEL.warning, `For ${this.name}, which is cut off, ${text}`);
    this.#closeSocket();
  }

  /** What its descriptor is to be watched for. */
  #wants(): number {
    const isDeaf = this.#callbacks.isBusy || this.#isRetiring || this.#isClosing || this.#isEnded ||
      this.#output.length > HIGH_WATER;
    return (isDeaf ? 0 : POLLIN) | (this.#output.length > 0 ? POLLOUT : 0);
  }

  #watch(): void {
    this.#host.watch(this.fd, this.#wants());
  }
}
