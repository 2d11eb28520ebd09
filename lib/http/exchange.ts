/**
 * One request and its answer.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import { ConnectionError, UsageError } from "../errors.ts";
import { describeThrown } from "../process/failure.ts";
import { RequestBody } from "./body.ts";
import { HttpFault } from "./fault.ts";
import type { RequestHead } from "./head.ts";
import type { HttpConnection } from "./http_connection.ts";
import { DRAIN_BYTES } from "./limits.ts";
import { ServedInfo } from "./info.ts";
import { isServed } from "./methods.ts";
import { ServedRequest } from "./request.ts";
import { sendAnswer } from "./send_answer.ts";
import { absoluteForm, originOf } from "./target.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** The request, and what becomes of it. */
export class Exchange {
  readonly client: HttpConnection;
  readonly head: RequestHead;
  readonly #origin: string;
  readonly #body: RequestBody | undefined;
  #abort: AbortController | undefined;
  #whyAborted: unknown;
  #owesContinue: boolean;
  /** Whether an answer has begun. */
  hasBegun = false;
  /** Whether the connection was given to the handler. */
  upgraded = false;
  #completed: PromiseWithResolvers<void> | undefined;

  constructor(client: HttpConnection, head: RequestHead, origin: string) {
    const { length, expectsContinue } = head.framing;
    const { limits } = client.service;
    if (length > limits.bodySize) {
      throw new HttpFault(413, `the body is longer than ${limits.bodySize} bytes`);
    }
    this.client = client;
    this.head = head;
    this.#origin = origin;
    this.#owesContinue = expectsContinue && length !== 0;
    this.#body = length === 0 ? undefined : new RequestBody(client.received, length, limits, client);
  }

  /**
   * Has the request answered.
   *
   * @returns Whether the connection stays open for another.
   * @throws {HttpFault} if the request cannot be served
   * @throws {ConnectionError} if the connection breaks
   */
  async serve(): Promise<boolean> {
    const { head, client } = this;
    const { service } = client;
    if (!isServed(head.method)) throw new HttpFault(501, `the method ${head.method} is not served`);
    const isStar = head.target === "*";
    if (isStar) {
      if (head.method !== "OPTIONS") throw new HttpFault(400, "its target is * and its method not OPTIONS");
      // It asks about the server as a whole, of which there is nothing to say (RFC 9110 §9.3.7).
      return await this.#send(new Response(null));
    }
    const absolute = absoluteForm(head.target);
    const target = {
      origin: absolute === undefined ? this.#origin : originOf(absolute.authority),
      path: absolute === undefined ? head.target : absolute.path,
    };
    const hasBody = head.method !== "GET" && head.method !== "HEAD";
    const request = new ServedRequest({
      head,
      target,
      body: hasBody ? this.#body : undefined,
      exchange: this,
    }) as unknown as Request;
    let response: unknown;
    try {
      response = service.fetch(request, new ServedInfo(this));
      if (!(response instanceof Response)) response = await response;
    } catch (error) {
      response = await this.#answerTo(error);
      if (response === undefined) return false;
    }
    if (this.upgraded) return await this.#untilClosed();
    if (!isResponse(response)) {
      this.#warn(`the handler gave ${response === null ? "null" : typeof response}, which is no Response`);
      response = plain(500);
    }
    return await this.#send(response as Response);
  }

  #warn(what: string): void {
    const { method, target } = this.head;
    this.client.service.warn(`${method} ${target}: ${what}`);
  }

  /** What is answered when the handler has thrown; undefined where nobody is there to be answered. */
  async #answerTo(error: unknown): Promise<Response | undefined> {
    const { service, connection, draining } = this.client;
    if (this.upgraded) {
      if (!(error instanceof ConnectionError)) this.#warn(`the handler threw ${describeThrown(error)}`);
      connection.close();
      return undefined;
    }
    if (error instanceof HttpFault) throw error;
    if (error instanceof ConnectionError && connection.closed) throw error;
    if (draining && this.#abort?.signal.aborted) return plain(503);
    try {
      if (service.onError !== undefined) {
        const response = await service.onError(error);
        if (isResponse(response)) return response;
      }
      this.#warn(`the handler threw ${describeThrown(error)}`);
    } catch (another) {
      this.#warn(
        `the handler threw ${describeThrown(error)}, and its error function ${describeThrown(another)}`,
      );
    }
    return plain(500);
  }

  async #send(response: Response): Promise<boolean> {
    try {
      const isKept = await sendAnswer(this, response);
      this.#end();
      this.#completed?.resolve();
      if (isKept && await this.#readOut()) return true;
      if (this.head.framing.keepAlive || this.#body?.ended === false || this.client.received.length > 0) {
        await this.client.linger();
      }
      return false;
    } catch (error) {
      this.gone(error);
      throw error;
    }
  }

  /** Whether the rest of the body, if any is left, is little enough to be read before the next request. */
  get leavesLittle(): boolean {
    const body = this.#body;
    if (body === undefined || body.ended) return true;
    // Nobody knows whether a client that still waits for a 100 will send it.
    if (this.#owesContinue) return false;
    // The handler is at it: what it leaves shows later.
    if (body.touched) return true;
    if (this.#drop(body) === undefined) return false;
    // How many chunks will come nobody knows: if they are too many, the connection is closed behind the answer.
    return body.left <= DRAIN_BYTES;
  }

  /** Drops what is there of the body. Whether it was too much. */
  #drop(body: RequestBody): number | undefined {
    let dropped = 0;
    while (dropped <= DRAIN_BYTES) {
      const bytes = body.receive(DRAIN_BYTES);
      if (bytes === undefined || bytes === null) return dropped;
      dropped += bytes.length;
    }
    return undefined;
  }

  /** Reads the body to its end, behind which the next request begins; false where that is too much. */
  async #readOut(): Promise<boolean> {
    const body = this.#body;
    if (body === undefined || body.ended) return true;
    if (this.#owesContinue) return false;
    body.stop(new TypeError("Cannot read the body: the request was answered"));
    try {
      for (let total = 0; total <= DRAIN_BYTES;) {
        const dropped = this.#drop(body);
        if (dropped === undefined) return false;
        if (body.ended) return true;
        total += dropped;
        this.client.readBegins();
        await this.client.received.whenMore();
        this.client.waitEnds();
      }
    } catch (error) {
      // It has its answer.
      if (!(error instanceof HttpFault)) throw error;
    }
    return false;
  }

  /** Tells a client that waits for it to send its body (RFC 9110 §10.1.1). */
  sendContinue(): void {
    if (!this.#owesContinue || this.hasBegun) return;
    this.#owesContinue = false;
    // So few bytes are taken at once, or the connection is broken.
    this.client.output.sendHead(CONTINUE)?.catch(() => {});
  }

  /** The signal of the request. Who asks for it wants to know when the client goes. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#whyAborted !== undefined) this.#abort.abort(this.#whyAborted);
      else this.#watch();
    }
    return this.#abort.signal;
  }

  #watch(): void {
    // As long as a body is read, that sees the end.
    if (this.#body?.ended === false) return;
    this.client.received.watch(() => this.abort("the client has gone"));
  }

  /** The body was read to its end. */
  bodyEnded(): void {
    if (this.#abort !== undefined) this.#watch();
  }

  /** Aborts the signal. */
  abort(why: string): void {
    this.#whyAborted ??= new DOMException(`The request was aborted: ${why}`, "AbortError");
    this.#abort?.abort(this.#whyAborted);
  }

  /** The connection broke. */
  gone(error: unknown): void {
    this.#end();
    this.abort("the client has gone");
    this.#completed?.reject(error);
  }

  #end(): void {
    this.client.received.unwatch();
  }

  /** Resolved when the answer was sent. */
  get completed(): Promise<void> {
    if (this.#completed === undefined) {
      this.#completed = Promise.withResolvers();
      this.#completed.promise.catch(() => {});
    }
    return this.#completed.promise;
  }

  /**
   * Gives the connection away, with what was read ahead.
   *
   * @throws {UsageError} if the client asked for no other protocol, or something is owed
   */
  upgrade(): Connection {
    const { client, head } = this;
    const why = !head.framing.upgrade
      ? "the client asked for no other protocol"
      : this.hasBegun || this.upgraded
      ? "the request was answered already"
      : this.#body?.ended === false
      ? "its body was not read"
      : undefined;
    if (why !== undefined) throw new UsageError(`Cannot upgrade the connection: ${why}`);
    this.upgraded = true;
    client.giveAway();
    return client.connection;
  }

  /** The connection is the handler's: it ends when that closes it. */
  async #untilClosed(): Promise<false> {
    const { client } = this;
    if (!client.connection.closed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      client.onClosed = resolve;
      await promise;
    }
    this.#completed?.resolve();
    return false;
  }
}

/** An answer of Tine's own. */
function plain(status: 500 | 503): Response {
  return new Response(status === 500 ? "Internal Server Error\n" : "Service Unavailable\n", { status });
}

/** Whether something is a `Response`, or does what one does. */
function isResponse(value: unknown): value is Response {
  if (value instanceof Response) return true;
  const like = value as Partial<Response> | null | undefined;
  return typeof like === "object" && like !== null && typeof like.status === "number" &&
    typeof like.headers?.forEach === "function" && "body" in like;
}
