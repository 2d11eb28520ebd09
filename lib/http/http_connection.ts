/**
 * One client's connection: request after request, until one side has enough (RFC 9112 §9).
 *
 * @module
 */

import type { ConnectionOwner } from "../connection/options.ts";
import type { StreamConnection } from "../connection/stream.ts";
import { ConnectionError } from "../errors.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { setAlarm } from "../process/alarm.ts";
import { runtime } from "../runtime/choose.ts";
import type { BodyWaits } from "./body.ts";
import type { Guest } from "./crowd.ts";
import type { Timed } from "./deadlines.ts";
import { Exchange } from "./exchange.ts";
import { HttpFault } from "./fault.ts";
import type { RequestHead } from "./head.ts";
import { FIRST_MS, waitOrGiveWay } from "./idle.ts";
import { Output, type OutputWaits } from "./output.ts";
import { Received } from "./received.ts";
import type { HttpService } from "./service.ts";
import { phraseOf } from "./statuses.ts";
import { originOf } from "./target.ts";

/** How long a client that is idle may still send a request when the process is to leave. */
const LAST_REQUEST_MS = 1000;
/** How long what a client still sends is read before the connection is closed, so that its answer arrives. */
const LINGER_MS = 2000;
/** How much of it. */
const LINGER_BYTES = 1 << 20;

/** What its deadline ends. */
type Waiting = "idle" | "header" | "body" | "write" | "linger";

/** The connection. */
export class HttpConnection implements Timed, Guest, BodyWaits, OutputWaits, ConnectionOwner {
  readonly connection: StreamConnection;
  readonly service: HttpService;
  readonly received: Received;
  readonly output: Output;
  deadline = Infinity;
  /** Whether the process is to leave. */
  draining = false;
  /** How many requests there were. */
  requests = 0;
  #waiting: Waiting = "idle";
  #idleSince = 0;
  /** Whether a deadline has ended what it waited for. */
  #late = false;
  #exchange: Exchange | undefined;
  #host: string | undefined;
  #origin = "";
  #callOff: () => void = () => {};
  /** Called when the connection was closed, where it was given away. */
  onClosed: (() => void) | undefined = undefined;

  constructor(connection: StreamConnection, service: HttpService) {
    this.connection = connection;
    this.service = service;
    this.received = new Received(connection);
    this.output = new Output(connection, this);
  }

  /** Serves requests until the connection is to be closed. */
  async run(): Promise<void> {
    const { connection, service } = this;
    connection.timeout = 0; // there are deadlines in its place
    connection.owner = this;
    service.enter(this);
    try {
      await this.#serveAll();
    } catch (error) {
      // The client has gone, or was too slow: there is nobody to tell.
      if (!(error instanceof ConnectionError)) throw error;
      this.#exchange?.gone(error);
    } finally {
      this.#callOff();
      service.leave(this);
    }
  }

  async #serveAll(): Promise<void> {
    for (;;) {
      try {
        const head = this.received.takeHead(this.service.limits) ?? await this.#waitForHead();
        if (head === undefined) return;
        const exchange = this.#exchange = new Exchange(this, head, this.#originOf(head));
        this.requests++;
        const isKept = await exchange.serve();
        this.#exchange = undefined;
        if (!isKept) return;
      } catch (error) {
        if (!(error instanceof HttpFault)) throw error;
        return await this.refuse(error);
      }
      // A client that always has another request must not keep others from their turn.
      if ((this.requests & 63) === 0) await runtime.yieldToEvents();
    }
  }

  /** The origin by the field Host, or by where the client has connected to. */
  #originOf({ framing: { host } }: RequestHead): string {
    if (host === undefined) return this.#ownOrigin();
    if (host !== this.#host) {
      this.#origin = originOf(host);
      this.#host = host;
    }
    return this.#origin;
  }

  /** A client of HTTP/1.0 may not say which host it means. */
  #ownOrigin(): string {
    const { localAddr } = this.connection;
    return localAddr.transport === "unix" ? "http://localhost" : originOf(formatAddress(localAddr));
  }

  /** Waits for a request; undefined where none comes. */
  async #waitForHead(): Promise<RequestHead | undefined> {
    const { service: { limits, givesWay }, received } = this;
    const isFirst = this.requests === 0;
    this.#wait(received.length > 0 ? "header" : "idle", isFirst ? limits.headerMs : this.#idleMs());
    while (!received.ended) {
      if (this.#waiting === "idle" && givesWay) {
        if (!await waitOrGiveWay(this, isFirst)) return undefined;
      } else await received.whenMore();
      const head = received.takeHead(limits);
      if (head !== undefined) {
        this.waitEnds();
        return head;
      }
      if (this.#waiting === "idle" && received.length > 0) this.#wait("header", limits.headerMs);
    }
    if (received.length === 0) return undefined;
    if (this.#late) throw new HttpFault(408, "its header took too long");
    throw new HttpFault(400, "the client's end came within the header");
  }

  #idleMs(): number {
    const { keepAliveMs, headerMs } = this.service.limits;
    if (this.received.length > 0) return headerMs;
    if (!this.draining) return keepAliveMs;
    return keepAliveMs > 0 ? Math.min(keepAliveMs, LAST_REQUEST_MS) : LAST_REQUEST_MS;
  }

  #wait(what: Waiting, delayMs: number): void {
    this.#waiting = what;
    if (what === "idle") this.#idleSince = performance.now();
    this.service.deadlines.set(this, delayMs);
  }

  /** Whether it waits for a request. */
  get isIdle(): boolean {
    return this.#waiting === "idle" && this.#exchange === undefined && this.received.length === 0;
  }

  get idleMs(): number | undefined {
    if (!this.isIdle) return undefined;
    const ms = performance.now() - this.#idleSince;
    return this.requests > 0 || ms > FIRST_MS ? ms : undefined;
  }

  bodyAsked(): void {
    this.#exchange?.sendContinue();
  }

  bodyEnded(): void {
    this.#exchange?.bodyEnded();
  }

  readBegins(): void {
    this.#wait("body", this.service.limits.idleMs);
  }

  writeBegins(): void {
    this.#wait("write", this.service.limits.idleMs);
  }

  waitEnds(): void {
    this.deadline = Infinity;
  }

  /** Whether a deadline has come. */
  get isLate(): boolean {
    return this.#late;
  }

  expire(): void {
    this.#late = true;
    // A wait for more ends with the end; what is to be said can still be said.
    if (this.#waiting === "write") this.connection.close();
    else this.connection.stopReading();
  }

  /** Part of {@linkcode ConnectionOwner}: the process is to leave. */
  aborted(): void {
    this.draining = true;
    if (this.isIdle) this.#wait("idle", this.#idleMs());
    else if (this.service.leaveMs > 0) {
      this.#callOff = setAlarm(this.service.leaveMs, () => this.#exchange?.abort("the server is to stop"));
    }
  }

  /** Part of {@linkcode ConnectionOwner}: the connection was closed. */
  closed(): void {
    this.onClosed?.();
  }

  /** Whether the connection may stay open after an answer. */
  mayStay({ framing }: RequestHead): boolean {
    return framing.keepAlive && !this.draining && !this.#late && this.requests < this.service.limits.requests;
  }

  /** Answers what is no request, or none that is served, and ends the connection. */
  async refuse({ status, message }: HttpFault): Promise<void> {
    this.service.note(`${formatAddress(this.connection.remoteAddr)}: ${message}; answered with ${status}`);
    const phrase = phraseOf(status);
    const { fields } = this.service;
    fields.clear();
    fields.add("content-type", "text/plain;charset=UTF-8");
    await this.output.sendWhole(fields.head(status, phrase, "close"), `${phrase}\n`);
    await this.linger();
  }

  /** Answers a client that may not come in. */
  async deny(): Promise<void> {
    this.service.enter(this);
    try {
      await this.refuse(new HttpFault(403, "it is denied"));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    } finally {
      this.service.leave(this);
    }
  }

  /** The connection is the handler's from now on. */
  giveAway(): void {
    const { connection, received } = this;
    received.unwatch();
    connection.unread(received.bytes);
    received.consume(received.length);
    connection.timeout = this.service.idleTimeoutMs;
  }

  /** Whether an error comes from this connection, and not from another that a handler has. */
  isBroken(error: ConnectionError): boolean {
    return error === this.output.failure || this.connection.closed;
  }

  /**
   * Lets the last answer arrive: if there are bytes that nobody has read when a connection is closed, the system takes back
   * what the client has not got yet (RFC 9112 §9.6).
   */
  async linger(): Promise<void> {
    const { connection, received } = this;
    await connection.closeWrite();
    this.#wait("linger", LINGER_MS);
    for (let dropped = received.drop(LINGER_BYTES); !received.ended && dropped < LINGER_BYTES;) {
      await received.whenMore();
      dropped += received.drop(LINGER_BYTES);
    }
    this.waitEnds();
  }
}
