/**
 * A client of HTTP that sees every byte, and keeps its connection.
 *
 * @module
 */

import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

/** One answer. */
export interface WireAnswer {
  readonly status: number;
  /** The head, in one piece. */
  readonly head: string;
  readonly body: string;
  /** Whether the server says that it closes. */
  readonly closes: boolean;
}

/** A body in chunks at the beginning of `text`, and how long it is there; undefined if it has not come whole. */
function unchunk(text: string): { body: string; length: number } | undefined {
  let body = "";
  for (let at = 0;;) {
    const line = text.indexOf("\r\n", at);
    const size = parseInt(text.slice(at, line), 16);
    const next = line + 2 + size + 2;
    if (line < 0 || text.length < next) return undefined;
    if (size === 0) return { body, length: next };
    body += text.slice(line + 2, next - 2);
    at = next;
  }
}

/** A connection. */
export class Wire {
  readonly socket: Socket;
  #received = "";
  #ended = false;
  #changed: () => void = () => {};

  constructor(where: number | string, host = "127.0.0.1") {
    this.socket = typeof where === "string"
      ? createConnection(where)
      : createConnection({ port: where, host });
    this.socket.setEncoding("latin1");
    const change = (act: () => void) => () => {
      act();
      this.#changed();
    };
    this.socket.on("data", (text) => change(() => this.#received += text)());
    for (const event of ["end", "close", "error"]) this.socket.on(event, change(() => this.#ended = true));
  }

  /** How many bytes of answers have come. */
  get heard(): number {
    return this.socket.bytesRead;
  }

  /** Whether the server has closed. */
  get ended(): boolean {
    return this.#ended;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Sends a request without a body. */
  get(path: string, fields = ""): void {
    this.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
  }

  /** Sends a request, and gives its answer. */
  async ask(path: string, fields = ""): Promise<WireAnswer> {
    this.get(path, fields);
    return await this.answer();
  }

  async #more(): Promise<void> {
    if (this.#ended) {
      throw new Error(`The connection has ended after ${JSON.stringify(this.#received.slice(-200))}`);
    }
    await new Promise<void>((resolve) => this.#changed = resolve);
  }

  /** The next answer, whose body has a length or comes in chunks without trailers. */
  async answer(): Promise<WireAnswer> {
    for (;;) {
      const end = this.#received.indexOf("\r\n\r\n");
      const head = this.#received.slice(0, end + 4);
      const rest = this.#received.slice(end + 4);
      const size = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      const found = /^transfer-encoding: chunked/im.test(head)
        ? unchunk(rest)
        : rest.length >= size
        ? { body: rest.slice(0, size), length: size }
        : undefined;
      if (end >= 0 && found !== undefined) {
        this.#received = rest.slice(found.length);
        const closes = /^connection: close/im.test(head);
        return { status: Number(head.slice(9, 12)), head, body: found.body, closes };
      }
      await this.#more();
    }
  }

  /** All that comes up to the end. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#received;
  }

  /** Goes, as a process does that has ended. */
  close(): void {
    this.socket.destroy();
  }

  /** Waits until the connection is there. */
  async connected(): Promise<this> {
    if (this.socket.connecting) await once(this.socket, "connect");
    return this;
  }
}
