/**
 * Sends what a handler has answered (RFC 9110 §6.4, RFC 9112 §6 and §7). Where an answer ends is never in doubt.
 *
 * @module
 */

import { ConnectionError } from "../errors.ts";
import { HttpFault } from "./fault.ts";
import { describeThrown } from "../process/failure.ts";
import { type BodyStream, bytesOf, lookAt, takeText } from "./answer_body.ts";
import type { Exchange } from "./exchange.ts";
import { isAsIs } from "./raw_answer.ts";

const EMPTY = new Uint8Array(0);
const TEXT_TYPE = "text/plain;charset=UTF-8";
const LAST_CHUNK = "0\r\n\r\n";

type Body = string | Uint8Array | BodyStream;

/** Whether answers of this status have a body (RFC 9110 §6.4.1). */
function hasBody(status: number): boolean {
  return status !== 204 && status !== 205 && status !== 304;
}

function isStream(body: Body): body is BodyStream {
  return typeof body === "object" && "reader" in body;
}

function warn({ head, client }: Exchange, what: string): void {
  client.service.warn(`${head.method} ${head.target}: ${what}`);
}

/** The answer that stands in for one that cannot be sent. */
function broken(exchange: Exchange, why: unknown): Promise<boolean> {
  warn(exchange, `the answer cannot be sent: ${describeThrown(why)}`);
  return sendAnswer(exchange, new Response("Internal Server Error\n", { status: 500 }));
}

/**
 * Sends an answer.
 *
 * @returns Whether the connection may stay open.
 * @throws {ConnectionError} if it breaks
 */
export async function sendAnswer(exchange: Exchange, response: Response): Promise<boolean> {
  const { head, client: { output, service: { fields, defaultType } } } = exchange;
  const { status } = response;
  let body: Body;
  if (isAsIs(response)) return await sendRaw(exchange, response);
  try {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new TypeError(`Cannot answer with status ${status}; give one from 200 to 599`);
    }
    body = takeText(response) ?? await bodyOf(response);
    fields.read(response.headers);
    // As the constructor of Response has it; Bun leaves it to its own server.
    if (typeof body === "string") fields.addType(TEXT_TYPE);
    else if (defaultType !== undefined && hasBody(status) && response.body) fields.addType(defaultType);
  } catch (error) {
    // What the client has sent is wrong, and was to be sent back.
    if (error instanceof HttpFault) throw error;
    return await broken(exchange, error);
  }
  // From here to the head nothing is awaited: the fields are those of this answer.
  if (head.method === "HEAD" || !hasBody(status)) return await sendBodiless(exchange, response, body);
  if (isStream(body)) return await sendStream(exchange, response, body);
  const stays = mayStay(exchange);
  exchange.hasBegun = true;
  const sending = output.sendWhole(fields.head(status, response.statusText, word(exchange, stays)), body);
  if (sending !== undefined) await sending;
  return stays;
}

/** What has a head of its own. Where it ends, its connection alone tells. */
async function sendRaw(exchange: Exchange, response: Response): Promise<false> {
  const { client: { output, connection } } = exchange;
  exchange.hasBegun = true;
  connection.setNoDelay();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const read = () => reader.read();
  for (let next = read();; next = read()) {
    try {
      const { done, value } = await next;
      if (done) return false;
      await output.sendBytes(bytesOf(value));
    } catch (error) {
      return breakOff(exchange, { first: EMPTY, next, reader }, error);
    }
  }
}

async function bodyOf(response: Response): Promise<Uint8Array | BodyStream> {
  const { body } = response;
  if (body === null || body === undefined) return EMPTY;
  if (response.bodyUsed) {
    throw new TypeError("Cannot send a body twice: that of the Response was used already");
  }
  return await lookAt(body as ReadableStream<Uint8Array>);
}

/** Whether the connection stays open when this answer was sent. */
function mayStay(exchange: Exchange): boolean {
  const { client, head } = exchange;
  return client.mayStay(head) && !client.service.fields.close && exchange.leavesLittle;
}

/** The word for the field Connection. */
function word({ head }: Exchange, stays: boolean): string {
  return !stays ? "close" : head.minor === 0 ? "keep-alive" : "";
}

/** To HEAD, and with a status that has no body. */
async function sendBodiless(exchange: Exchange, response: Response, body: Body): Promise<boolean> {
  const { head, client: { output, service: { fields } } } = exchange;
  const { status } = response;
  const stays = mayStay(exchange);
  const length = status === 205 ? 0 : hasBody(status) ? fields.length ?? lengthOf(body) : undefined;
  exchange.hasBegun = true;
  const text = fields.head(status, response.statusText, word(exchange, stays));
  const sending = output.sendHead(
    `${text}${length === undefined ? "" : `Content-Length: ${length}\r\n`}\r\n`,
  );
  if (isStream(body)) {
    body.next.catch(() => {});
    await body.reader.cancel(`An answer to ${head.method} with status ${status} has no body`).catch(() => {});
  }
  if (sending !== undefined) await sending;
  return stays;
}

function lengthOf(body: Body): number | undefined {
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  return isStream(body) ? undefined : body.length;
}

/** A body that comes bit by bit, in chunks, or with the length that the handler has given. */
async function sendStream(exchange: Exchange, response: Response, body: BodyStream): Promise<boolean> {
  const { head, client: { output, connection, service: { fields } } } = exchange;
  const { length } = fields;
  const isChunked = length === undefined && head.minor === 1;
  const stays = mayStay(exchange) && (isChunked || length !== undefined);
  exchange.hasBegun = true;
  const text = fields.head(response.status, response.statusText, word(exchange, stays)) +
    (isChunked
      ? "Transfer-Encoding: chunked\r\n"
      : length === undefined
      ? ""
      : `Content-Length: ${length}\r\n`) +
    "\r\n";
  // Each part is to arrive when it is sent, and not when there are enough of them.
  connection.setNoDelay();
  const left = new Left(length);
  try {
    const first = left.take(body.first);
    if (first.length === 0) await output.sendHead(text);
    else await output.sendFirst(text, first, isChunked ? "chunks" : "plain");
    for (let next = body.next;; next = body.reader.read()) {
      const { done, value } = await next;
      if (done) break;
      const bytes = left.take(bytesOf(value));
      if (bytes.length === 0) continue;
      if (isChunked) await output.sendChunk(bytes);
      else await output.sendBytes(bytes);
    }
    left.check();
    if (isChunked) await output.sendHead(LAST_CHUNK);
    return stays;
  } catch (error) {
    return breakOff(exchange, body, error);
  }
}

/** The client sees that there is no end. */
function breakOff(exchange: Exchange, { next, reader }: BodyStream, error: unknown): never {
  next.catch(() => {});
  reader.cancel(error).catch(() => {});
  if (error instanceof ConnectionError && exchange.client.isBroken(error)) throw error;
  warn(exchange, `the body of the answer broke: ${describeThrown(error)}`);
  exchange.client.connection.close();
  throw new ConnectionError("Cannot go on with the answer: its body broke", {
    code: "ECANCELED",
    cause: error,
  });
}

/** What is left of the length that a handler has given. */
class Left {
  #left: number | undefined;

  constructor(length: number | undefined) {
    this.#left = length;
  }

  /** As much of `bytes` as there may be. @throws {TypeError} if that is not all */
  take(bytes: Uint8Array): Uint8Array {
    if (this.#left === undefined) return bytes;
    if (bytes.length > this.#left) {
      throw new TypeError("Cannot send all of the body: it is longer than its Content-Length");
    }
    this.#left -= bytes.length;
    return bytes;
  }

  /** @throws {TypeError} if it ends too soon */
  check(): void {
    if (this.#left !== undefined && this.#left > 0) {
      throw new TypeError("Cannot end the body: it is shorter than its Content-Length");
    }
  }
}
