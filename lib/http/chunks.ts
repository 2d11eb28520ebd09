/**
 * The chunks of a body, strictly read (RFC 9112 §7.1). Pure.
 *
 * @module
 */

import { COLON, CR, FIELD_VALUE, HT, LF, SP, TOKEN } from "./bytes.ts";
import { HttpFault } from "./fault.ts";

/** The longest line with a chunk's size and its extensions. */
const LONGEST_LINE = 4096;
/** More digits than a length can have. */
const MOST_DIGITS = 13;
const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/** Where a reader of chunks is: at a size, within data, at the line end behind data, in the trailers, or at the end. */
type Stage = "size" | "data" | "data_end" | "trailers" | "end";

/** How large the trailers may be. */
export interface TrailerLimits {
  readonly headerSize: number;
  readonly headers: number;
}

function digit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Reads what stands around the data of chunks. */
export class ChunkReader {
  readonly #limits: TrailerLimits;
  #stage: Stage = "size";
  /** How many bytes of the present chunk's data are still to come. */
  left = 0;
  #trailerBytes = 0;
  #trailers = 0;

  constructor(limits: TrailerLimits) {
    this.#limits = limits;
  }

  /** Whether the last chunk and the trailers were read. */
  get ended(): boolean {
    return this.#stage === "end";
  }

  /** So many bytes of the data were taken. */
  took(count: number): void {
    this.left -= count;
    if (this.left === 0) this.#stage = "data_end";
  }

  /**
   * Reads on to the next data or the end.
   *
   * @returns How many bytes were read. If neither `left` nor `ended` says that it has come so far, more must come.
   * @throws {HttpFault} if it is not as it should be
   */
  advance(bytes: Uint8Array): number {
    let at = 0;
    while (this.#stage !== "data" && this.#stage !== "end") {
      const next = this.#stage === "size"
        ? this.#readSize(bytes, at)
        : this.#stage === "trailers"
        ? this.#readTrailer(bytes, at)
        : this.#readDataEnd(bytes, at);
      if (next === undefined) break;
      at = next;
    }
    return at;
  }

  #readDataEnd(bytes: Uint8Array, at: number): number | undefined {
    const next = lineEnd(bytes, at);
    if (next !== undefined) this.#stage = "size";
    return next;
  }

  #readSize(bytes: Uint8Array, start: number): number | undefined {
    let at = start;
    let size = 0;
    for (; at < bytes.length; at++) {
      const value = digit(bytes[at] as number);
      if (value < 0) break;
      size = size * 16 + value;
      if (at - start >= MOST_DIGITS) throw new HttpFault(400, "a chunk's size is out of range");
    }
    if (at >= bytes.length) return undefined;
    if (at === start) throw new HttpFault(400, "a chunk's size is no number");
    while (bytes[at] === SEMICOLON) {
      const end = extensionEnd(bytes, at + 1);
      if ((end ?? bytes.length) - start > LONGEST_LINE) {
        throw new HttpFault(400, "a chunk's extensions are too long");
      }
      if (end === undefined) return undefined;
      at = end;
    }
    const next = lineEnd(bytes, at);
    if (next === undefined) return undefined;
    this.left = size;
    this.#stage = size === 0 ? "trailers" : "data";
    return next;
  }

  /** Reads a field behind the last chunk. It is never one of the request's (RFC 9110 §6.5.1). */
  #readTrailer(bytes: Uint8Array, start: number): number | undefined {
    if (this.#trailerBytes + bytes.length - start > this.#limits.headerSize) {
      throw new HttpFault(431, `the trailers are longer than ${this.#limits.headerSize} bytes`);
    }
    if (start >= bytes.length) return undefined;
    let at = start;
    if (bytes[at] === CR) {
      const next = lineEnd(bytes, at);
      if (next !== undefined) this.#stage = "end";
      return next;
    }
    while (TOKEN[bytes[at] as number] === 1) at++;
    if (at >= bytes.length) return undefined;
    if (at === start || bytes[at] !== COLON) {
      throw new HttpFault(400, "a trailer has no name that is a token");
    }
    if (!mayTrail(String.fromCharCode(...bytes.subarray(start, at)))) {
      throw new HttpFault(400, "a trailer says how the message is framed");
    }
    do at++; while (bytes[at] === SP || bytes[at] === HT);
    while (FIELD_VALUE[bytes[at] as number] === 1) at++;
    const next = lineEnd(bytes, at);
    if (next === undefined) return undefined;
    this.#trailerBytes += next - start;
    if (++this.#trailers > this.#limits.headers) {
      throw new HttpFault(431, `there are more than ${this.#limits.headers} trailers`);
    }
    return next;
  }
}

/** Skips a token, which must not be empty; undefined where it may go on. */
function tokenEnd(bytes: Uint8Array, start: number): number | undefined {
  let at = start;
  while (TOKEN[bytes[at] as number] === 1) at++;
  if (at >= bytes.length) return undefined;
  if (at === start) throw new HttpFault(400, "a chunk's extension is malformed");
  return at;
}

/** Where an extension ends, `name`, `name=value` or `name="value"`; undefined where it may go on (RFC 9112 §7.1.1). */
function extensionEnd(bytes: Uint8Array, start: number): number | undefined {
  const name = tokenEnd(bytes, start);
  if (name === undefined || bytes[name] !== EQUALS) return name;
  if (bytes[name + 1] !== QUOTE) return tokenEnd(bytes, name + 1);
  let at = name + 2;
  while (FIELD_VALUE[bytes[at] as number] === 1 && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= bytes.length) return undefined;
  if (bytes[at] !== QUOTE) throw new HttpFault(400, "a chunk's extension is malformed");
  return at + 1 < bytes.length ? at + 1 : undefined;
}

/** Whether a field may stand behind the chunks. What frames a message is said before it (RFC 9110 §6.5.1). */
function mayTrail(name: string): boolean {
  return !/^(?:connection|content-length|transfer-encoding)$/i.test(name);
}

/** What follows CR LF; undefined where they have not come yet. */
function lineEnd(bytes: Uint8Array, at: number): number | undefined {
  if (at < bytes.length && bytes[at] !== CR) {
    throw new HttpFault(400, "a line of the chunks does not end with CR LF");
  }
  if (at + 1 >= bytes.length) return undefined;
  if (bytes[at + 1] !== LF) throw new HttpFault(400, "a line of the chunks has a bare CR");
  return at + 2;
}
