/**
 * The fields of a handler's answer, as they are sent. What frames the message is Tine's own.
 *
 * @module
 */

import type { StandingFields } from "./dates.ts";
import { phraseOf } from "./statuses.ts";

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
// deno-lint-ignore no-control-regex -- these are what a value must not have
const NOT_IN_A_VALUE = /[\0-\x08\x0a-\x1f\x7f\u0100-\uffff]/;
const PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads the headers of one answer after the other. */
export class AnswerFields {
  readonly #standing: StandingFields;
  #text = "";
  #hasDate = false;
  #hasServer = false;
  #hasType = false;
  /** Whether the handler wants the connection closed. */
  close = false;
  /** The length that the handler has given; undefined for none. */
  length: number | undefined = undefined;
  #upgrade = false;
  readonly #take = (value: string, name: string) => this.add(name, value);

  constructor(standing: StandingFields) {
    this.#standing = standing;
  }

  /** Begins an answer without any. */
  clear(): void {
    this.#text = "";
    this.#hasDate =
      this.#hasServer =
      this.#hasType =
      this.#upgrade =
      this.close =
        false;
    this.length = undefined;
  }

  /** @throws {TypeError} if a name or a value could split the answer */
  read(headers: Headers): void {
    this.clear();
    headers.forEach(this.#take);
  }

  /** Adds a field, whose name is in small letters. */
  add(name: string, value: string): void {
    if (!NAME.test(name) || NOT_IN_A_VALUE.test(value)) {
      throw new TypeError(`Cannot send the header ${JSON.stringify(name)}: it is malformed`);
    }
    switch (name) {
      case "connection":
        if (/(?:^|,)\s*close\s*(?:,|$)/i.test(value)) this.close = true;
        return;
      // These say where the message ends, or what comes on this connection.
      case "transfer-encoding":
      case "keep-alive":
      case "proxy-connection":
      case "trailer":
        return;
      case "content-length":
        if (/^\d{1,15}$/.test(value)) this.length = Number(value);
        return;
      case "content-type":
        this.#hasType = true;
        break;
      case "upgrade":
        this.#upgrade = true;
        break;
      case "date":
        this.#hasDate = true;
        break;
      case "server":
        this.#hasServer = true;
        break;
    }
    this.#text += `${name}: ${value}\r\n`;
  }

  /** Adds the type of a body that has none. */
  addType(type: string): void {
    if (!this.#hasType) this.add("content-type", type);
  }

  /**
   * The head of the answer, but for what says where its body ends.
   *
   * @param connection `close`, `keep-alive`, or empty for what the version of HTTP means anyway.
   */
  head(status: number, statusText: string, connection: string): string {
    const phrase = statusText !== "" && PHRASE.test(statusText) ? statusText : phraseOf(status);
    const standing = this.#hasDate || this.#hasServer
      ? (this.#hasDate ? "" : this.#standing.date) + (this.#hasServer ? "" : this.#standing.server)
      : this.#standing.both;
    const options = this.#upgrade ? (connection === "" ? "upgrade" : `${connection}, upgrade`) : connection;
    return `HTTP/1.1 ${status} ${phrase}\r\n${standing}${this.#text}` +
      (options === "" ? "" : `Connection: ${options}\r\n`);
  }
}
