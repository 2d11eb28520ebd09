/**
 * What a client has sent, as its callbacks consume it.
 *
 * @module
 */

import type { ByteQueue } from "../connection/byte_queue.ts";

const LF = 10;
const CR = 13;

// A byte order mark is the client's own text like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Received bytes. What a callback leaves is there again, before what comes later, in the next one. */
export class MuxInput {
  readonly #queue: ByteQueue;
  /** How far the bytes were searched for the end of a line. */
  #searched = 0;

  /** Wraps the queue that the multiplexer fills. */
  constructor(queue: ByteQueue) {
    this.#queue = queue;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#queue.length;
  }

  /** All bytes, neither consumed nor copied: they are valid only until something is consumed or the callback waits. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#queue.bytes;
  }

  /**
   * Consumes `count` bytes.
   *
   * @throws {RangeError} if there are not so many
   */
  consume(count: number): void {
    this.#queue.consume(count);
    this.#searched = Math.max(0, this.#searched - count);
  }

  /**
   * Consumes `count` bytes, all of them by default, and returns them as a copy.
   *
   * @throws {RangeError} if there are not so many
   */
  take(count: number = this.length): Uint8Array<ArrayBuffer> {
    const bytes = this.bytes.slice(0, count);
    this.consume(count);
    return bytes;
  }

  /** Consumes everything and decodes it as UTF-8. Characters that came in part are damaged: prefer {@linkcode line}. */
  text(): string {
    const text = decoder.decode(this.bytes);
    this.consume(this.length);
    return text;
  }

  /** Consumes the next whole line and returns it without its end (LF or CR LF), decoded as UTF-8; undefined if there is none. */
  line(): string | undefined {
    const bytes = this.bytes;
    const end = bytes.indexOf(LF, this.#searched);
    if (end < 0) {
      this.#searched = bytes.length;
      return undefined;
    }
    const text = decoder.decode(bytes.subarray(0, end > 0 && bytes[end - 1] === CR ? end - 1 : end));
    this.consume(end + 1);
    this.#searched = 0;
    return text;
  }

  /** Consumes whole lines one after the other, until there is none left. */
  *lines(): Generator<string, void, undefined> {
    for (let line = this.line(); line !== undefined; line = this.line()) yield line;
  }
}
