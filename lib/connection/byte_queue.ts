/**
 * Bytes that come at one end and leave at the other.
 *
 * @module
 */

const EMPTY = new Uint8Array(0);
const SMALLEST = 512;
/** What is larger than this is given back once it is empty: most connections idle most of the time. */
const KEPT = 4096;

/** A queue in one piece of memory, which grows as it must. */
export class ByteQueue {
  #memory: Uint8Array<ArrayBuffer> = EMPTY;
  #start = 0;
  #end = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** All bytes, not copied: they are valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** Some of them, from `start` to `end`, not copied: they are valid until the next call. */
  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#start + start, this.#start + end);
  }

  /** The byte at `index`, which must be less than {@linkcode length}. */
  at(index: number): number {
    return this.#memory[this.#start + index] as number;
  }

  /** Where `byte` comes first, from `start` on; -1 where it does not. */
  indexOf(byte: number, start: number): number {
    // What lies behind the end is not part of it: found there, it means that there was none.
    if (this.#end < this.#memory.length) this.#memory[this.#end] = byte;
    const index = this.#memory.indexOf(byte, this.#start + start);
    return index < 0 || index >= this.#end ? -1 : index - this.#start;
  }

  /** Adds a copy of `bytes` at the end. */
  append(bytes: Uint8Array): void {
    if (this.#memory.length - this.#end < bytes.length) this.#makeRoom(bytes.length);
    this.#memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Memory behind the end, of `count` bytes or more, to be filled before the next call; see {@linkcode filled}. */
  room(count: number): Uint8Array<ArrayBuffer> {
    if (this.#memory.length - this.#end < count) this.#makeRoom(count);
    return this.#memory.subarray(this.#end);
  }

  /** So many bytes were put into the {@linkcode room}. */
  filled(count: number): void {
    this.#end += count;
  }

  #makeRoom(more: number): void {
    const needed = this.length + more;
    // Only if at least half becomes free is moving cheaper, in the long run, than growing.
    if (needed <= this.#memory.length && this.#start >= this.length) {
      this.#memory.copyWithin(0, this.#start, this.#end);
    } else {
      const memory = new Uint8Array(Math.max(needed, 2 * this.length, SMALLEST));
      memory.set(this.bytes);
      this.#memory = memory;
    }
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Takes `count` bytes off the start. */
  consume(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0 || count > this.length) {
      throw new RangeError(`Cannot consume ${count} bytes: there are ${this.length}`);
    }
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
    if (this.#memory.length > KEPT) this.#memory = EMPTY;
  }

  /** Drops everything. */
  clear(): void {
    this.consume(this.length);
  }
}
