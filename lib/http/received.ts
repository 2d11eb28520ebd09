/**
 * What a client has sent and nobody has taken yet.
 *
 * @module
 */

import { ByteQueue } from "../connection/byte_queue.ts";
import type { StreamConnection } from "../connection/stream.ts";
import { LF } from "./bytes.ts";
import { HeadReader, type RequestHead } from "./head.ts";
import type { HttpLimits } from "./limits.ts";

const CHUNK = 16384;
/** The most room that is made at once for a body. */
const LARGEST_ROOM = 65536;

// Where bytes are received. What is not used up at once is copied out of it before anybody else may write to it.
const chunk = new Uint8Array(CHUNK);
/** Deadlines are kept for all connections together. */
const NO_TIMEOUT = { timeout: 0 } as const;

/** The received bytes of one connection. */
export class Received {
  readonly #connection: StreamConnection;
  readonly #queue = new ByteQueue();
  /** Whether the client will send no more. */
  ended = false;
  /** Whether what is in the queue was seen to be no whole head. */
  #seen = false;
  #room = CHUNK;
  #watching: Promise<void> | undefined;
  #isWatching = false;
  #onEnd: (() => void) | undefined;

  constructor(connection: StreamConnection) {
    this.#connection = connection;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#queue.length;
  }

  /**
   * The next request's head. Undefined: it is not whole, and one has to wait; see {@linkcode whenMore} and `ended`.
   *
   * @throws {HttpFault} if it is not as it should be
   * @throws {ConnectionError} if the connection breaks
   */
  takeHead(limits: HttpLimits): RequestHead | undefined {
    const queue = this.#queue;
    if (queue.length > 0 && !this.#seen) {
      const head = this.#headInQueue(limits);
      if (head !== undefined) return head;
    }
    while (!this.ended) {
      const count = this.#connection.receive(chunk);
      if (count === undefined) return undefined;
      if (count === null) this.ended = true;
      else {
        const head = queue.length === 0 ? this.#headInChunk(count, limits) : this.#headWith(count, limits);
        if (head !== undefined) return head;
      }
    }
    return undefined;
  }

  /** The common case, without a copy: a chunk has the whole head. */
  #headInChunk(count: number, limits: HttpLimits): RequestHead | undefined {
    const head = new HeadReader(chunk, 0, count, limits).read();
    const size = head?.size ?? 0;
    if (size < count) this.#queue.append(chunk.subarray(size, count));
    this.#seen = head === undefined;
    return head;
  }

  #headWith(count: number, limits: HttpLimits): RequestHead | undefined {
    const bytes = chunk.subarray(0, count);
    this.#queue.append(bytes);
    // Who sends byte after byte must not have all of them read again and again.
    if (!bytes.includes(LF) && this.#queue.length <= limits.headerSize) return undefined;
    return this.#headInQueue(limits);
  }

  #headInQueue(limits: HttpLimits): RequestHead | undefined {
    const { bytes } = this.#queue;
    const head = new HeadReader(bytes, 0, bytes.length, limits).read();
    this.#seen = head === undefined;
    if (head !== undefined) this.#queue.consume(head.size);
    return head;
  }

  /** Up to `most` bytes; null at the end, undefined where one would have to wait. */
  take(most: number): Uint8Array<ArrayBuffer> | null | undefined {
    const there = this.#queue.length;
    if (there > 0) {
      const bytes = this.#queue.view(0, Math.min(there, most)).slice();
      this.consume(bytes.length);
      return bytes;
    }
    if (this.ended) return null;
    const room = new Uint8Array(Math.min(most, this.#room));
    const count = this.#connection.receive(room);
    if (typeof count === "number") {
      if (count === this.#room) this.#room = LARGEST_ROOM;
      return room.subarray(0, count);
    }
    this.ended = count === null;
    return count;
  }

  /** Receives more into the queue; false where one would have to wait. Look at `ended` too. */
  receive(): boolean {
    if (this.ended) return false;
    const count = this.#connection.receive(chunk);
    if (count === null) this.ended = true;
    else if (count !== undefined) this.#queue.append(chunk.subarray(0, count));
    return typeof count === "number";
  }

  /** All bytes that are there, not copied: they are valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#queue.bytes;
  }

  /** Drops bytes at the start. */
  consume(count: number): void {
    this.#queue.consume(count);
    this.#seen = false;
  }

  /** Receives and drops what is there: how many bytes that was. */
  drop(most: number): number {
    let dropped = 0;
    while (dropped < most) {
      const bytes = this.take(most - dropped);
      if (bytes === undefined || bytes === null) break;
      dropped += bytes.length;
    }
    return dropped;
  }

  /** Waits until there is more, the end, or an error. */
  async whenMore(): Promise<void> {
    if (this.#watching !== undefined) await this.#watching;
    else await this.#connection.whenReadable(NO_TIMEOUT);
  }

  /** Calls `onEnd` when the client ends its sending, or goes, until {@linkcode unwatch}. */
  watch(onEnd: () => void): void {
    this.#onEnd = onEnd;
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#watchOn();
  }

  async #watchOn(): Promise<void> {
    try {
      // What a client sends ahead is kept, up to a limit.
      while (this.#onEnd !== undefined && !this.ended && this.length < CHUNK) {
        if (this.receive() || this.ended) continue;
        this.#watching ??= this.#connection.whenReadable(NO_TIMEOUT);
        await this.#watching;
        this.#watching = undefined;
      }
    } catch {
      this.#watching = undefined;
      this.ended = true;
    }
    this.#isWatching = false;
    if (this.ended) this.#onEnd?.();
  }

  /** Watches no more. */
  unwatch(): void {
    this.#onEnd = undefined;
  }
}
