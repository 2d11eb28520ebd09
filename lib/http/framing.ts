/**
 * What the fields of a request say of its body, of its host and of the connection (RFC 9112 §3.2, §6 and §9). Pure.
 *
 * @module
 */

import { HT } from "./bytes.ts";
import { HttpFault } from "./fault.ts";

/** Longer lengths cannot be told from their neighbours. */
const LONGEST_LENGTH = 15;

/** The fields that decide where the request ends, and what becomes of the connection after it. */
export class FramingFields {
  /** The value of Host; undefined without one. */
  host: string | undefined = undefined;
  /** The body's length: 0 without one, -1 for chunks. */
  length = 0;
  /** Whether the connection stays open after the answer. */
  keepAlive: boolean;
  /** Whether the client waits for a 100 before it sends the body. */
  expectsContinue = false;
  /** Whether another protocol is asked for. */
  upgrade = false;
  #hasLength = false;
  #hasCoding = false;
  #wantsClose = false;
  #namesUpgrade = false;

  /** @throws {HttpFault} if it cannot be said where the request ends, or whom it is for */
  constructor(text: string, places: readonly number[], minor: number) {
    this.keepAlive = minor === 1;
    for (let i = 0; i < places.length; i += 4) {
      const start = places[i] as number;
      const length = (places[i + 1] as number) - start;
      // Most fields are none of these.
      if (length !== 4 && length !== 6 && length !== 7 && length !== 10 && length !== 14 && length !== 17) {
        continue;
      }
      this.#take(text.slice(start, start + length), text, places, i);
    }
    if (this.upgrade) this.upgrade = minor === 1 && this.#namesUpgrade;
    if (this.#wantsClose) this.keepAlive = false;
    if (minor === 0) {
      if (this.#hasCoding) throw new HttpFault(400, "HTTP/1.0 has no Transfer-Encoding");
      this.expectsContinue = false;
    } else if (this.host === undefined) throw new HttpFault(400, "it has no Host");
    if (this.#hasCoding && this.#hasLength) {
      throw new HttpFault(400, "it has both Transfer-Encoding and Content-Length");
    }
  }

  #take(name: string, text: string, places: readonly number[], i: number): void {
    switch (name.toLowerCase()) {
      case "host":
        if (this.host !== undefined) throw new HttpFault(400, "it has two Hosts");
        this.host = text.slice(places[i + 2], places[i + 3]);
        break;
      case "content-length":
        this.#takeLength(framingValue(text, places, i));
        break;
      case "transfer-encoding":
        this.#takeCoding(framingValue(text, places, i));
        break;
      case "connection":
        for (const word of text.slice(places[i + 2], places[i + 3]).toLowerCase().split(",")) {
          this.#takeOption(word.trim());
        }
        break;
      case "expect":
        this.#takeExpectation(text.slice(places[i + 2], places[i + 3]));
        break;
      case "upgrade":
        this.upgrade = true;
        break;
    }
  }

  #takeLength(value: string): void {
    // Two that are equal are no less a sign of something that has gone wrong on the way.
    if (this.#hasLength) throw new HttpFault(400, "it has two Content-Lengths");
    if (!/^\d+$/.test(value)) throw new HttpFault(400, "its Content-Length is no number");
    if (value.length > LONGEST_LENGTH) throw new HttpFault(413, "its Content-Length is out of range");
    this.#hasLength = true;
    this.length = Number(value);
  }

  #takeCoding(value: string): void {
    if (this.#hasCoding) throw new HttpFault(400, "it has two Transfer-Encodings");
    if (value.toLowerCase() !== "chunked") {
      throw new HttpFault(400, "it has another Transfer-Encoding than chunked");
    }
    this.#hasCoding = true;
    this.length = -1;
  }

  #takeOption(word: string): void {
    if (word === "close") this.#wantsClose = true;
    else if (word === "keep-alive") this.keepAlive = true;
    else if (word === "upgrade") this.#namesUpgrade = true;
  }

  #takeExpectation(value: string): void {
    if (value.toLowerCase() !== "100-continue") {
      throw new HttpFault(417, "it expects something else than 100-continue");
    }
    this.expectsContinue = true;
  }
}

/** A value that says where the request ends. A tab behind it is whitespace, which some take for a part of it. */
function framingValue(text: string, places: readonly number[], i: number): string {
  const end = places[i + 3] as number;
  if (text.charCodeAt(end) === HT) throw new HttpFault(400, "a tab follows a value that frames the message");
  return text.slice(places[i + 2], end);
}
