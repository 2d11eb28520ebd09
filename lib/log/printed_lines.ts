/**
 * Lines out of what a process prints. Pure.
 *
 * @module
 */

/** The longest line in bytes: what is longer comes in pieces. */
export const LONGEST_PRINTED = 8192;

const LINE_FEED = 10;

/** Cuts bytes into lines. */
export class PrintedLines {
  readonly #take: (line: string) => void;
  /** The beginning of a line whose end has not come yet. */
  #rest = new Uint8Array(0);

  /** @param take Is given each line, without its end. */
  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  /** More bytes came. */
  put(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    let start = 0;
    while (start < all.length) {
      const end = all.indexOf(LINE_FEED, start);
      const length = (end < 0 ? all.length : end) - start;
      if (end < 0 && length < LONGEST_PRINTED) break;
      const piece = Math.min(length, LONGEST_PRINTED);
      this.#say(all.subarray(start, start + piece));
      start += piece + (piece === length && end >= 0 ? 1 : 0);
    }
    this.#rest = all.slice(start);
  }

  /** No more bytes will come: what has no end is a line too. */
  end(): void {
    if (this.#rest.length > 0) this.#say(this.#rest);
    this.#rest = new Uint8Array(0);
  }

  #say(bytes: Uint8Array): void {
    const line = new TextDecoder().decode(bytes);
    this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
