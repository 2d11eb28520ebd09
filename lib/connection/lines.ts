/**
 * Bounded lines from a connection.
 *
 * @module
 */

import { ConnectionError } from "../errors.ts";

/** How lines are read. */
export interface LinesOptions {
  /** The longest line, in bytes without its end. Default 65,536. A longer one is an error. */
  maxLength?: number;
}

/** What a {@linkcode LineReader} needs of a connection. */
export interface LineSource {
  receive(bytes: Uint8Array): number | null | undefined;
  whenReadable(): Promise<void>;
  unread(bytes: Uint8Array): void;
}

const LF = 10;
const CR = 13;
const CHUNK = 16384;

// Where a chunk is received. What is not used up at once is copied out of it before anybody else may write to it.
const chunk = new Uint8Array(CHUNK);
// A byte order mark is the peer's own text like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Splits bytes into lines, so that a character whose bytes come in two reads stays whole. */
export class LineReader implements AsyncIterableIterator<string> {
  readonly #source: LineSource;
  readonly #maxLength: number;
  /** Received bytes that no line was made of yet; `#start` is where they begin. */
  #pending: Uint8Array = chunk.subarray(0, 0);
  #start = 0;
  /** How far `#pending` was searched for a line end. */
  #searched = 0;
  #ended = false;

  /** @throws {RangeError} if `maxLength` is not a whole number above 0. */
  constructor(source: LineSource, options: LinesOptions = {}) {
    this.#source = source;
    this.#maxLength = options.maxLength ?? 65536;
    if (!Number.isSafeInteger(this.#maxLength) || this.#maxLength < 1) {
      throw new RangeError(
        `Cannot limit lines to ${this.#maxLength} bytes: it must be a whole number above 0`,
      );
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this;
  }

  /** The next line. */
  async next(): Promise<IteratorResult<string>> {
    for (;;) {
      const line = this.#take();
      if (line !== undefined) return { done: false, value: line };
      if (this.#ended) return this.#last();
      const n = this.#source.receive(chunk);
      if (n === undefined) {
        await this.#source.whenReadable();
      } else if (n === null) {
        this.#ended = true;
      } else {
        const line = this.#appendChunk(n);
        if (line !== undefined) return { done: false, value: line };
      }
    }
  }

  /** Stops; bytes that were received but not returned go back to the connection. */
  return(): Promise<IteratorResult<string>> {
    this.#source.unread(this.#pending.subarray(this.#start));
    this.#pending = chunk.subarray(0, 0);
    this.#start = this.#searched = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The common case without a copy: the chunk is exactly one line. */
  #appendChunk(n: number): string | undefined {
    if (this.#start === this.#pending.length && chunk.indexOf(LF) === n - 1 && n - 1 <= this.#maxLength) {
      return decode(chunk, 0, n - 1);
    }
    this.#append(chunk.subarray(0, n));
    return undefined;
  }

  #append(bytes: Uint8Array): void {
    this.#pending = joinBytes(this.#pending.subarray(this.#start), bytes);
    this.#searched -= this.#start;
    this.#start = 0;
  }

  #take(): string | undefined {
    const end = this.#pending.indexOf(LF, this.#searched);
    if (end < 0) {
      this.#searched = this.#pending.length;
      // The last byte may be the carriage return of the end.
      if (this.#searched - this.#start > this.#maxLength + 1) throw this.#tooLong();
      return undefined;
    }
    const line = this.#line(end);
    this.#start = this.#searched = end + 1;
    return line;
  }

  /** The line up to `end`. A carriage return before that does not count. */
  #line(end: number): string {
    const over = end - this.#start - this.#maxLength;
    if (over > 1 || (over === 1 && this.#pending[end - 1] !== CR)) throw this.#tooLong();
    return decode(this.#pending, this.#start, end);
  }

  #tooLong(): ConnectionError {
    return new ConnectionError(`Cannot read a line: it is longer than ${this.#maxLength} bytes`, {
      code: "EMSGSIZE",
    });
  }

  #last(): IteratorResult<string> {
    if (this.#start === this.#pending.length) return { done: true, value: undefined };
    const value = this.#line(this.#pending.length);
    this.#start = this.#searched = this.#pending.length;
    return { done: false, value };
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
  return decoder.decode(bytes.subarray(start, stop));
}

/** Both, one after the other, in memory of their own. */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
