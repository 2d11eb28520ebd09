/**
 * The body of a request, read as it is asked for.
 *
 * @module
 */

import { ChunkReader } from "./chunks.ts";
import { HttpFault } from "./fault.ts";
import type { HttpLimits } from "./limits.ts";
import type { Received } from "./received.ts";

/** What is to be known of the waits for a body. */
export interface BodyWaits {
  /** The body is asked for: a client that waits for a 100 gets it. */
  bodyAsked(): void;
  /** The whole body was handed out. */
  bodyEnded(): void;
  /** A wait for the client begins. */
  readBegins(): void;
  /** It has ended. */
  waitEnds(): void;
  /** Whether the client was too slow. */
  readonly isLate: boolean;
}

const EMPTY = new Uint8Array(0);
/** The most bytes that are handed out at once. */
const LARGEST = 65536;

/** The body of one request. */
export class RequestBody {
  readonly #received: Received;
  readonly #waits: BodyWaits;
  readonly #chunks: ChunkReader | undefined;
  readonly #most: number;
  #left: number;
  #size = 0;
  #stopped: Error | undefined;
  /** What is wrong with it. */
  #fault: unknown;
  /** Whether anybody has asked for it. */
  touched = false;

  /** @param length Its length; -1 for chunks. */
  constructor(received: Received, length: number, limits: HttpLimits, waits: BodyWaits) {
    this.#received = received;
    this.#waits = waits;
    this.#left = Math.max(length, 0);
    this.#most = limits.bodySize;
    this.#chunks = length < 0 ? new ChunkReader(limits) : undefined;
  }

  /** Whether it was read to its end. */
  get ended(): boolean {
    return this.#chunks === undefined ? this.#left === 0 : this.#chunks.ended;
  }

  /** How many bytes are still to come at least. */
  get left(): number {
    return this.#chunks === undefined ? this.#left : this.#chunks.left;
  }

  /** No more is handed out: who asks gets `why`. */
  stop(why: Error): void {
    this.#stopped ??= why;
  }

  /**
   * The next bytes; null at the end.
   *
   * @throws {HttpFault} if the body is not as it should be, or too long
   * @throws {ConnectionError} if the connection breaks
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.touched = true;
    if (this.#stopped !== undefined) throw this.#stopped;
    if (!this.ended) this.#waits.bodyAsked();
    for (;;) {
      const bytes = this.receive(LARGEST);
      if (bytes !== undefined) {
        if (this.ended) this.#waits.bodyEnded();
        return bytes;
      }
      this.#waits.readBegins();
      await this.#received.whenMore();
      this.#waits.waitEnds();
      if (this.#stopped !== undefined) throw this.#stopped;
    }
  }

  /** The whole body. */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const first = await this.read();
    if (first === null) return EMPTY;
    if (this.ended) return first;
    const parts = [first];
    let length = first.length;
    for (;;) {
      const bytes = await this.read();
      if (bytes === null) break;
      parts.push(bytes);
      length += bytes.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** What is there of it, up to `most` bytes; null at the end, undefined where one would have to wait. */
  receive(most: number): Uint8Array<ArrayBuffer> | null | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return this.#receive(most);
    } catch (error) {
      // Nothing behind it is handed out either.
      this.#fault = error;
      throw error;
    }
  }

  #receive(most: number): Uint8Array<ArrayBuffer> | null | undefined {
    if (this.#chunks !== undefined && this.#chunks.left === 0 && !this.#findChunk(this.#chunks)) {
      return undefined;
    }
    if (this.ended) return null;
    const bytes = this.#received.take(Math.min(most, this.left));
    if (bytes === null) throw this.#cutOff();
    if (bytes !== undefined) this.#took(bytes.length);
    return bytes;
  }

  #took(count: number): void {
    if (this.#chunks === undefined) this.#left -= count;
    else this.#chunks.took(count);
  }

  #cutOff(): HttpFault {
    return this.#waits.isLate
      ? new HttpFault(408, "its body took too long")
      : new HttpFault(400, "the client's end came within the body");
  }

  /** Reads on to the next data or the end; false where one would have to wait. */
  #findChunk(chunks: ChunkReader): boolean {
    const received = this.#received;
    while (!chunks.ended) {
      received.consume(chunks.advance(received.bytes));
      if (chunks.left > 0) {
        this.#size += chunks.left;
        if (this.#size > this.#most) throw new HttpFault(413, `the body is longer than ${this.#most} bytes`);
        return true;
      }
      if (!chunks.ended && !received.receive()) {
        if (received.ended) throw this.#cutOff();
        return false;
      }
    }
    return true;
  }
}
