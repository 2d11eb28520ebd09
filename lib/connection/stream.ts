/**
 * One client over a stream socket: read, write, close, addresses.
 *
 * Every call is tried at once and without blocking; only where it would block does it wait, first for a moment on
 * this thread and then off the event loop.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import { libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import { EAGAIN } from "../os/errno.ts";
import { receiveOnce, sendNow, setNoDelay, SHUT_RD, SHUT_RDWR, SHUT_WR } from "../os/socket.ts";
import { AdaptiveSpin, POLLIN, POLLOUT, type WaitFor, waitForOne } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { Endpoints } from "./endpoints.ts";
import { abortable, aborted, closedError, failure, textToWrite, timedOut } from "./failures.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions, ConnectionOwner, LinesOptions, ReadOptions, Turn } from "./options.ts";
import type { ReceivedDatagram } from "./datagram.ts";
import { Input, type InputSource, LineReader } from "./input.ts";
import { readableOf, writableOf } from "./web_streams.ts";

const encoder = new TextEncoder();
// Text is encoded here and sent from here in one go, so that a short answer allocates nothing.
const textBytes = new Uint8Array(16384);
const spin = new AdaptiveSpin();

/** A client's connection over a stream socket. */
export class StreamConnection extends Endpoints implements Connection, InputSource {
  /** Whether a `recv(2)` on it waits, for a moment (`SO_RCVTIMEO`); otherwise no call does (`O_NONBLOCK`). */
  readonly waitsInReceive: boolean;
  timeout: number;
  /** Who is told more cheaply than by {@linkcode signal}. */
  owner: ConnectionOwner | undefined = undefined;
  declare readonly datagram?: ReceivedDatagram;

  /** Waits for any descriptor in the way in which this process waits for its clients. */
  readonly waitFor: WaitFor;
  readonly #turn: Turn | undefined;
  #closed = false;
  #descriptorOpen = true;
  #waits = 0;
  /** Set by a write: the peer's answer is then most likely still to come, so that a look comes before the read. */
  #wrote = false;
  #looked = false;
  #sinceYield = 0;
  #readWait: Promise<boolean> | undefined;
  #writeTail: Promise<unknown> | undefined;
  #abort: AbortController | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  /** Made by the first read that may receive more than it takes. */
  #input: Input | undefined;

  /**
   * Takes over `fd`, a connected socket.
   */
  constructor(fd: number, options: ConnectionOptions) {
    super(fd, options.peer);
    this.waitFor = options.waitFor ?? waitForOne;
    this.#turn = options.turn;
    this.waitsInReceive = options.waitsInReceive === true;
    this.timeout = options.timeout;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#closed) this.#abort.abort(closedError());
    return this.#abort.signal;
  }

  /** Aborts {@linkcode signal}; what the handler has under way should come to an end. */
  abort(reason: unknown): void {
    // Made here if it was not asked for yet: later readers must see it.
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
    this.owner?.aborted();
  }

  async read(bytes: Uint8Array, options?: ReadOptions): Promise<number | null> {
    const result = this.receive(bytes);
    if (result === undefined) return await this.#readSlowly(bytes, options);
    // A peer that always has something to say must not keep timers and signals from their turn.
    if ((++this.#sinceYield & 255) === 0) await runtime.yieldToEvents();
    return result;
  }

  /** What a read without a long wait gives: a count, null at the end, or undefined where it would have to wait. */
  receive(bytes: Uint8Array): number | null | undefined {
    if (this.#closed) throw closedError();
    if (bytes.length === 0) return 0; // the system would say that it has to wait
    return this.#hasInput() ? (this.#input as Input).takeInto(bytes) : this.receiveMore(bytes);
  }

  #hasInput(): boolean {
    return this.#input !== undefined && this.#input.length > 0;
  }

  receiveMore(bytes: Uint8Array): number | null | undefined {
    const wait = this.#wrote;
    this.#wrote = false;
    if (wait && !this.waitsInReceive && !this.#isThereSoon(POLLIN)) {
      this.#looked = true;
      return undefined;
    }
    const flags = wait && this.waitsInReceive ? 0 : c.MSG_DONTWAIT;
    if (flags === 0) this.#turn?.beforeLook();
    const n = receiveOnce(this.fd, bytes, flags);
    if (flags === 0) this.#judge(n === -EAGAIN ? "missed" : "found");
    if (n > 0) return n;
    if (n === 0) return null;
    if (n !== -EAGAIN) throw failure("read from", this.remoteAddr, -n);
    this.#looked = flags === 0;
    return undefined;
  }

  async #readSlowly(bytes: Uint8Array, options: ReadOptions | undefined): Promise<number | null> {
    for (;;) {
      await this.whenMore(options);
      const result = this.receive(bytes);
      if (result !== undefined) return result;
    }
  }

  /** Waits until a read would not have to wait: for bytes, the end, or an error. It fails as {@linkcode read} does. */
  async whenReadable(options?: ReadOptions): Promise<void> {
    if (!this.#hasInput()) await this.whenMore(options);
  }

  async whenMore(options?: ReadOptions): Promise<void> {
    const { signal, timeout = this.timeout } = options ?? {};
    if (signal?.aborted) throw aborted(signal);
    const looked = this.#looked;
    this.#looked = false;
    if (!looked && this.#readWait === undefined && this.#isThereSoon(POLLIN)) return;
    // What an aborted read leaves behind is taken up: it only looks, and has no end, since timeouts may differ.
    if (signal !== undefined) {
      this.#readWait ??= this.#wait(POLLIN, -1).finally(() => this.#readWait = undefined);
    }
    const ready = this.#readWait === undefined
      ? await this.#wait(POLLIN, timeout > 0 ? timeout : -1)
      : await abortable(this.#readWait, { signal, timeout });
    if (this.#closed) throw closedError();
    if (!ready && timeout > 0) throw timedOut("read from", this.remoteAddr, timeout);
  }

  /** Waits for a moment, unless other clients would have to wait too. */
  #isThereSoon(events: number): boolean {
    if (this.waitFor !== waitForOne) return false;
    this.#turn?.beforeLook();
    const isThere = spin.look(this.fd, events);
    this.#judge(isThere ? "found" : "missed");
    return isThere;
  }

  #judge(what: "found" | "missed"): void {
    this.#turn?.[what]();
  }

  /** Waits until a condition holds; false after `timeoutMs`. The descriptor stays open meanwhile. */
  async #wait(events: number, timeoutMs: number): Promise<boolean> {
    this.#waits++;
    this.#turn?.waits();
    try {
      return await spin.learn(this.waitFor(this.fd, events, timeoutMs));
    } finally {
      this.#waits--;
      if (this.#closed && this.#waits === 0) this.#closeDescriptor();
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (typeof bytes === "string") throw textToWrite();
    if (this.#writeTail !== undefined) return await this.#enqueue(() => this.#writeAll(bytes));
    const sent = this.sendHere(bytes);
    if (sent < bytes.length) await this.#enqueue(() => this.#writeAll(bytes.subarray(sent)));
    return bytes.length;
  }

  async print(text: string): Promise<void> {
    if (this.#writeTail === undefined && text.length * 3 <= textBytes.length) {
      const { written } = encoder.encodeInto(text, textBytes);
      const sent = this.sendHere(textBytes.subarray(0, written));
      if (sent === written) return;
      const rest = textBytes.slice(sent, written); // copied, since the next print writes over it
      await this.#enqueue(() => this.#writeAll(rest));
    } else await this.write(encoder.encode(text));
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#writeTail === undefined ? work() : this.#writeTail.then(work);
    const tail = run.then(() => {}, () => {}).then(() => {
      if (this.#writeTail === tail) this.#writeTail = undefined;
    });
    this.#writeTail = tail;
    return run;
  }

  /** Sends what the socket takes at once: how many bytes that was. Not while a {@linkcode write} waits. */
  sendHere(bytes: Uint8Array): number {
    if (this.#closed) throw closedError();
    this.#wrote = true;
    const sent = sendNow(this.fd, bytes);
    if (sent < 0) throw failure("write to", this.remoteAddr, -sent);
    return sent;
  }

  async #writeAll(bytes: Uint8Array): Promise<number> {
    let sent = this.sendHere(bytes);
    while (sent < bytes.length) {
      if (!this.#isThereSoon(POLLOUT)) {
        const ready = await this.#wait(POLLOUT, this.timeout > 0 ? this.timeout : -1);
        if (this.#closed) throw closedError();
        if (!ready) throw timedOut("write to", this.remoteAddr, this.timeout);
      }
      sent += this.sendHere(bytes.subarray(sent));
    }
    return sent;
  }

  #inputToKeep(): Input {
    return this.#input ??= new Input(this);
  }

  lines(options?: LinesOptions): AsyncIterableIterator<string> {
    return new LineReader(this.#inputToKeep(), options);
  }

  readLine(options?: LinesOptions): Promise<string | null> {
    return this.#inputToKeep().readLine(options);
  }

  readExactly(length: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#inputToKeep().readExactly(length, options);
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this, () => this.stopReading());
  }

  /** Puts bytes back, which are read next. */
  unread(bytes: Uint8Array): void {
    this.#inputToKeep().putBack(bytes);
  }

  /** No more is wanted: a read that waits finds the end. */
  stopReading(): void {
    if (!this.#closed) libc.shutdown(this.fd, SHUT_RD);
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= writableOf(this);
  }

  async duplex(): Promise<Duplex> {
    const { ConnectionDuplex } = await import("./node_stream.ts");
    return new ConnectionDuplex(this);
  }

  async closeWrite(): Promise<void> {
    if (this.#closed) return;
    if (this.#writeTail !== undefined) await this.#writeTail;
    if (!this.#closed) libc.shutdown(this.fd, SHUT_WR);
  }

  setNoDelay(options: { on: boolean } = { on: true }): void {
    if (!this.#closed && this.remoteAddr.transport === "tcp") setNoDelay(this.fd, options);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort?.abort(closedError());
    this.release();
    this.owner?.closed();
  }

  /** Closes the descriptor, as soon as no wait for it is left. */
  protected release(): void {
    if (this.#waits === 0) this.#closeDescriptor();
    // The number may be given to another client as soon as it is closed, so it is kept until the last wait has seen
    // the end, which a shutdown brings about at once.
    else libc.shutdown(this.fd, SHUT_RDWR);
  }

  #closeDescriptor(): void {
    if (this.#descriptorOpen) libc.close(this.fd);
    this.#descriptorOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
