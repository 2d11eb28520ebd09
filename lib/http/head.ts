/**
 * The head of a request, strictly read: request line and fields (RFC 9112 §2 to §6). Pure.
 *
 * Whatever is ambiguous about where a request ends is refused, since a proxy in front may have understood it otherwise.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { COLON, CR, FIELD_VALUE, HT, LF, SP, TARGET, TOKEN } from "./bytes.ts";
import { HttpFault } from "./fault.ts";
import type { HttpLimits } from "./limits.ts";
import { FramingFields } from "./framing.ts";

/** A request's head. Names and values are cut out of its text when they are asked for. */
export interface RequestHead {
  /** As it was sent. */
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly minor: number;
  /** The head, a byte a character. */
  readonly text: string;
  /** For each field where in the text its name begins and ends, and its value. */
  readonly places: readonly number[];
  /** What the fields say of the message and the connection. */
  readonly framing: FramingFields;
  /** How many bytes it took. */
  readonly size: number;
}

/** What there is to read: the head is not whole yet. */
export type Incomplete = undefined;

const HTTP_1 = [72, 84, 84, 80, 47, 49, 46] as const; // "HTTP/1."

/** Some bytes of an array as text, a byte a character. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** Reads heads, one after the other. */
export class HeadReader {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #limits: HttpLimits;
  #at: number;
  readonly #places: number[] = [];

  /** @param end Where the bytes end that were received. */
  constructor(bytes: Uint8Array, start: number, end: number, limits: HttpLimits) {
    this.#bytes = bytes;
    this.#start = this.#at = start;
    this.#end = end;
    this.#limits = limits;
  }

  /** @throws {HttpFault} if it is not as it should be */
  read(): RequestHead | Incomplete {
    const head = this.#readAll();
    const size = head === undefined ? this.#end - this.#start : head.size;
    if (size > this.#limits.headerSize) throw this.#tooLong();
    return head;
  }

  #tooLong(): HttpFault {
    const { headerSize } = this.#limits;
    const line = this.#bytes.indexOf(LF, this.#start);
    return line < 0 || line - this.#start >= headerSize
      ? new HttpFault(414, `the request line is longer than ${headerSize} bytes`)
      : new HttpFault(431, `the header is longer than ${headerSize} bytes`);
  }

  #readAll(): RequestHead | Incomplete {
    const bytes = this.#bytes;
    // A client may have sent an empty line behind its last body (RFC 9112 §2.2).
    while (this.#at < this.#end && bytes[this.#at] === CR) {
      if (this.#at + 1 >= this.#end) return undefined;
      if (bytes[this.#at + 1] !== LF) throw this.#fault("a bare CR stands before the request line");
      this.#at += 2;
    }
    const start = this.#at;
    const method = this.#skip(TOKEN);
    if (this.#at >= this.#end) return undefined;
    if (method === start || bytes[method] !== SP) throw this.#fault("the method is no token");
    this.#at++;
    const target = this.#skip(TARGET);
    if (this.#at >= this.#end) return undefined;
    if (target === method + 1 || bytes[target] !== SP) throw this.#fault("the request target is malformed");
    this.#at++;
    const minor = this.#readVersion();
    if (minor === undefined || !this.#readFields()) return undefined;
    const text = latin1(bytes, start, this.#at);
    const places = this.#places.map((place) => place - start);
    return {
      method: text.slice(0, method - start),
      target: text.slice(method + 1 - start, target - start),
      minor,
      text,
      places,
      framing: new FramingFields(text, places, minor),
      size: this.#at - this.#start,
    };
  }

  /** Skips bytes that are in a table. Returns where the first other one is. */
  #skip(table: Uint8Array): number {
    const bytes = this.#bytes;
    let at = this.#at;
    const end = this.#end;
    while (at < end && table[bytes[at] as number] === 1) at++;
    return this.#at = at;
  }

  #readVersion(): number | Incomplete {
    const start = this.#at;
    for (const byte of HTTP_1) {
      if (this.#at >= this.#end) return undefined;
      if (this.#bytes[this.#at] !== byte) throw this.#versionFault(start);
      this.#at++;
    }
    if (this.#at >= this.#end) return undefined;
    const minor = (this.#bytes[this.#at++] as number) - 48;
    if (minor !== 0 && minor !== 1) throw this.#versionFault(start);
    return this.#skipLineEnd() ? minor : undefined;
  }

  #versionFault(start: number): HttpFault {
    const version = latin1(this.#bytes, start, Math.min(start + 8, this.#end));
    return /^HTTP\/\d\.\d$/.test(version)
      ? new HttpFault(505, "it speaks another version of HTTP than 1.0 and 1.1")
      : this.#fault("the request line does not end with a version of HTTP");
  }

  /** Skips CR LF; false if they have not come yet. */
  #skipLineEnd(): boolean {
    const bytes = this.#bytes;
    if (this.#at < this.#end && bytes[this.#at] !== CR) {
      throw this.#fault("a line has a byte that it must not have");
    }
    if (this.#at + 1 >= this.#end) return false;
    if (bytes[this.#at + 1] !== LF) throw this.#fault("a line has a bare CR");
    this.#at += 2;
    return true;
  }

  /** Reads the fields up to the empty line; false if it has not come yet. */
  #readFields(): boolean {
    const bytes = this.#bytes;
    const places = this.#places;
    const most = 4 * this.#limits.headers;
    for (;;) {
      const start = this.#at;
      if (bytes[start] === CR || start >= this.#end) return this.#skipLineEnd();
      const colon = this.#skip(TOKEN);
      if (colon >= this.#end) return false;
      if (colon === start || bytes[colon] !== COLON) throw this.#fault("a field has no name that is a token");
      this.#at++;
      while (bytes[this.#at] === SP || bytes[this.#at] === HT) this.#at++;
      const value = Math.min(this.#at, this.#end);
      let end = this.#skip(FIELD_VALUE);
      if (!this.#skipLineEnd()) return false;
      while (end > value && (bytes[end - 1] === SP || bytes[end - 1] === HT)) end--;
      if (places.length >= most) throw new HttpFault(431, `there are more than ${most / 4} fields`);
      places.push(start, colon, value, end);
    }
  }

  #fault(reason: string): HttpFault {
    return new HttpFault(400, reason);
  }
}
