/**
 * What a connection has received and was not taken yet: the one buffer of all ways to read.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ConnectionError } from "../errors.ts";
import { runtime } from "../runtime/choose.ts";
import { ByteQueue } from "./byte_queue.ts";
import { closedError, who } from "./failures.ts";
import type { LinesOptions, ReadOptions } from "./options.ts";

/** What an {@linkcode Input} needs of a connection. */
export interface InputSource {
  readonly closed: boolean;
  readonly remoteAddr: Address;
  /** Takes what the system has: a count, null at the end, or undefined where one would have to wait. */
  receiveMore(bytes: Uint8Array): number | null | undefined;
  /** Waits until that would not have to wait. */
  whenMore(options?: ReadOptions): Promise<void>;
}

const LF = 10;
const CR = 13;
const CHUNK = 16384;
/** The most room that is made at once for what a peer may never send. */
const LARGEST_ROOM = 65536;
/** The longest line, unless a call says otherwise. */
const MAX_LENGTH = 65536;

// Where a chunk is received. What is not used up at once is copied out of it before anybody else may write to it.
const chunk = new Uint8Array(CHUNK);
// A byte order mark is the peer's own text like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The received bytes of one connection. Nothing is kept anywhere else, and nothing is taken out before it is whole: so
 * each way to read goes on where the last one stopped, also after one that was given up.
 */
export class Input {
  readonly #source: InputSource;
  readonly #queue = new ByteQueue();
  /** How many bytes at the start of the queue have no line end among them. */
  #searched = 0;
  #sinceYield = 0;

  constructor(source: InputSource) {
    this.#source = source;
  }

  /** How many bytes were not taken yet. */
  get length(): number {
    return this.#queue.length;
  }

  /** Takes as many bytes as there are and fit. */
  takeInto(bytes: Uint8Array): number {
    const count = Math.min(this.length, bytes.length);
    bytes.set(this.#queue.view(0, count));
    this.#consume(count);
    return count;
  }

  /** Puts bytes behind those that are there. */
  putBack(bytes: Uint8Array): void {
    this.#queue.append(bytes);
  }

  #consume(count: number): void {
    this.#queue.consume(count);
    this.#searched = Math.max(0, this.#searched - count);
  }

  /** The next line; null at the end. */
  async readLine(options?: LinesOptions): Promise<string | null> {
    const longest = checkedLength(options?.maxLength);
    for (;;) {
      const line = this.receiveLine(longest);
      if (line === undefined) await this.#source.whenMore(options);
      else {
        if (this.isTurnDue()) await runtime.yieldToEvents();
        return line;
      }
    }
  }

  /** Waits until there is more than there is. */
  whenMore(options: ReadOptions | undefined): Promise<void> {
    return this.#source.whenMore(options);
  }

  /** Whether timers and signals are to have their turn, which a peer that always has something to say would take. */
  isTurnDue(): boolean {
    return (++this.#sinceYield & 255) === 0;
  }

  /** The next line, null at the end, or undefined where one would have to wait for it. */
  receiveLine(maxLength: number): string | null | undefined {
    if (this.#source.closed) throw closedError();
    for (;;) {
      if (this.length > 0) {
        const line = this.#takeLine(maxLength);
        if (line !== undefined) return line;
      }
      const n = this.#source.receiveMore(chunk);
      if (n === undefined) return undefined;
      if (n === null) return this.#takeLast(maxLength);
      // The common case without a copy: the chunk is exactly one line.
      if (
        this.length === 0 && chunk[n - 1] === LF && n - 1 <= maxLength && chunk.indexOf(LF) === n - 1
      ) return decoder.decode(chunk.subarray(0, n > 1 && chunk[n - 2] === CR ? n - 2 : n - 1));
      this.#queue.append(chunk.subarray(0, n));
    }
  }

  #takeLine(maxLength: number): string | undefined {
    const end = this.#queue.indexOf(LF, this.#searched);
    if (end >= 0) return this.#take(end, end + 1, maxLength);
    this.#searched = this.length;
    // The last byte may be the carriage return of the end.
    if (this.#searched > maxLength + 1) throw tooLong(maxLength);
    return undefined;
  }

  /** What the peer sent last, without a line end. */
  #takeLast(maxLength: number): string | null {
    return this.length === 0 ? null : this.#take(this.length, this.length, maxLength);
  }

  /** The line up to `end`, and all bytes up to `next` with it. A carriage return before the end does not count. */
  #take(end: number, next: number, maxLength: number): string {
    const length = end > 0 && this.#queue.at(end - 1) === CR ? end - 1 : end;
    if (length > maxLength) throw tooLong(maxLength);
    const text = decoder.decode(this.#queue.view(0, length));
    this.#queue.consume(next);
    this.#searched = 0; // nothing behind the end has been searched
    return text;
  }

  /** Exactly so many bytes; null where the peer's end comes before the first of them. */
  async readExactly(length: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot read ${length} bytes: it must be a whole number, 0 or above`);
    }
    for (;;) {
      if (this.#source.closed) throw closedError();
      if (this.length >= length) break;
      const room = this.#queue.room(Math.min(length - this.length, LARGEST_ROOM));
      const n = this.#source.receiveMore(room);
      if (n === null) return this.#endedBefore(length);
      if (n === undefined) await this.#source.whenMore(options);
      else {
        this.#queue.filled(n);
        if (this.isTurnDue()) await runtime.yieldToEvents();
      }
    }
    const bytes = this.#queue.view(0, length).slice();
    this.#consume(length);
    return bytes;
  }

  #endedBefore(length: number): null {
    if (this.length === 0) return null;
    const peer = who(this.#source.remoteAddr);
    throw new ConnectionError(`Cannot read ${length} bytes from ${peer}: its end came after ${this.length}`, {
      code: "ENODATA",
    });
  }
}

/** The lines of a connection, one after the other. */
export class LineReader implements AsyncIterableIterator<string> {
  readonly #input: Input;
  readonly #maxLength: number;
  readonly #options: ReadOptions | undefined;

  /** @throws {RangeError} if `maxLength` is not a whole number above 0. */
  constructor(input: Input, options?: LinesOptions) {
    this.#input = input;
    this.#maxLength = checkedLength(options?.maxLength);
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this;
  }

  /** The next line. */
  async next(): Promise<IteratorResult<string>> {
    for (;;) {
      const line = this.#input.receiveLine(this.#maxLength);
      if (line === undefined) await this.#input.whenMore(this.#options);
      else {
        if (this.#input.isTurnDue()) await runtime.yieldToEvents();
        return line === null ? { done: true, value: undefined } : { done: false, value: line };
      }
    }
  }
}

/** The longest line, in bytes. @throws {RangeError} if it is not a whole number above 0 */
function checkedLength(maxLength = MAX_LENGTH): number {
  if (Number.isSafeInteger(maxLength) && maxLength > 0) return maxLength;
  throw new RangeError(`Cannot limit lines to ${maxLength} bytes: it must be a whole number above 0`);
}

function tooLong(maxLength: number): ConnectionError {
  return new ConnectionError(`Cannot read a line: it is longer than ${maxLength} bytes`, {
    code: "EMSGSIZE",
  });
}
