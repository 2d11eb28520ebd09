/**
 * Lines that cannot be written yet. Pure.
 *
 * A log whose reader does not keep up must not hold anybody up. What it does not take is kept, up to so many bytes, and
 * then lost: the new lines, not the old ones, since those tell how it began. Where they would stand, a line says how many
 * they were.
 *
 * @module
 */

/** There is no room now: to be tried again later. */
export const FULL: number = -1;
/** It cannot be written, now or soon. */
export const GONE: number = -2;

/** What a queue works with. */
export interface LineQueueParts {
  /** Writes as much as it can at once: how many bytes, {@linkcode FULL} or {@linkcode GONE}. */
  readonly write: (bytes: Uint8Array) => number;
  /** The line that says that so many were lost. */
  readonly lostLine: (count: number) => Uint8Array;
  /** How many bytes are kept. */
  readonly capacity: number;
}

/** Writes lines in their order, each whole. */
export class LineQueue {
  readonly #parts: LineQueueParts;
  readonly #lines: Uint8Array[] = [];
  /** How many bytes all lines have, what was written of the first one included. */
  #size = 0;
  /** How much of the first line was written. */
  #offset = 0;
  /** How many lines were lost behind those in the queue. */
  #lost = 0;

  constructor(parts: LineQueueParts) {
    this.#parts = parts;
  }

  /** Whether there is something to try again. */
  get pending(): boolean {
    return this.#lines.length > 0;
  }

  /** How many lines were lost of which nothing is said yet. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes a line, or keeps it, or loses it. */
  put(line: Uint8Array): void {
    if (this.pending) this.flush();
    // Before it, because it comes after those that were lost.
    if (this.#lost > 0 && !this.#tell()) return void this.#lost++;
    if (!this.#add(line)) this.#lost++;
  }

  /** Whether it is known, or will be, that lines were lost. */
  #tell(): boolean {
    if (!this.#add(this.#parts.lostLine(this.#lost))) return false;
    this.#lost = 0;
    return true;
  }

  /** Writes a line, or keeps what is left of it. False: neither. */
  #add(line: Uint8Array): boolean {
    let written = 0;
    if (!this.pending) {
      const result = this.#parts.write(line);
      if (result === line.length) return true;
      if (result === GONE) return false;
      written = Math.max(0, result);
    } else if (this.#size + line.length > this.#parts.capacity) return false;
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#lines.length === 1) this.#offset = written;
    return true;
  }

  /** Writes what can be written now. Whether nothing is left, neither to write nor to say. */
  flush(): boolean {
    while (this.pending) {
      const line = this.#lines[0] as Uint8Array;
      const result = this.#parts.write(this.#offset === 0 ? line : line.subarray(this.#offset));
      if (result === FULL) return false;
      if (result === GONE) return this.#loseAll();
      this.#offset += result;
      if (this.#offset === line.length) this.#shift();
    }
    return this.#lost === 0 || this.#tell() && !this.pending;
  }

  #shift(): void {
    this.#size -= (this.#lines.shift() as Uint8Array).length;
    this.#offset = 0;
  }

  #loseAll(): boolean {
    this.#lost += this.#lines.length;
    this.#lines.length = 0;
    this.#size = 0;
    this.#offset = 0;
    return false;
  }
}
