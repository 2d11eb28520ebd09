/**
 * What is sent to a client: answers and chunks, put together so that a small one is one call.
 *
 * @module
 */

import type { StreamConnection } from "../connection/stream.ts";

/** The usual part of a stream, of 64 KiB, with what stands around a chunk, and with a head. */
const ROOM = 65536 + 8192;
/** What a client that reads slowly has to take within the time. */
const PART = 65536;
/** Before the body of a small answer there is this much room for its head. */
const HEAD_ROOM = 8192;

// Answers are put together here and sent from here. What a client does not take at once is copied out of it.
const room = new Uint8Array(ROOM);
const encoder = new TextEncoder();

/** What is to be known of the waits for a client that reads slowly. */
export interface OutputWaits {
  /** A wait for the client begins. */
  writeBegins(): void;
  /** It has ended. */
  waitEnds(): void;
}

/** Writes text whose characters are bytes. Returns its end, or -1 where it does not fit. */
function putText(text: string, at: number): number {
  if (text.length > ROOM - at) return -1;
  // No more room than that, so that nothing behind it is written to.
  const { read, written } = encoder.encodeInto(text, room.subarray(at, at + text.length));
  if (read === text.length && written === text.length) return at + written;
  // A character above 0x7F is a byte of its own here, as it was in the field that it came from (RFC 9110 §5.5).
  for (let i = 0; i < text.length; i++) room[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Sends to one client. */
export class Output {
  readonly #connection: StreamConnection;
  readonly #waits: OutputWaits;
  /** What the client has not taken yet. */
  #slow: Promise<void> | undefined;
  /** What broke the connection. */
  failure: unknown;

  constructor(connection: StreamConnection, waits: OutputWaits) {
    this.#connection = connection;
    this.#waits = waits;
  }

  /** Sends a head alone, or a text of that kind. A promise is given only where the client does not take it at once. */
  sendHead(head: string): Promise<void> | undefined {
    const end = putText(head, 0);
    if (end < 0) return this.sendBytes(Uint8Array.from(head, (character) => character.charCodeAt(0)));
    return this.sendBytes(room.subarray(0, end));
  }

  /**
   * Sends an answer whose body is known.
   *
   * @param head All but the length and the empty line.
   */
  sendWhole(head: string, body: Uint8Array | string): Promise<void> | undefined {
    const bytes = typeof body === "string" && body.length * 3 > ROOM - HEAD_ROOM
      ? encoder.encode(body)
      : body;
    const length = typeof bytes === "string"
      ? encoder.encodeInto(bytes, room.subarray(HEAD_ROOM)).written
      : bytes.length;
    const whole = `${head}Content-Length: ${length}\r\n\r\n`;
    if (typeof bytes === "string") {
      if (whole.length > HEAD_ROOM) return this.#sendBoth(whole, encoder.encode(bytes));
      // The head is put where it ends at the body, which is there already.
      const start = HEAD_ROOM - whole.length;
      putText(whole, start);
      return this.sendBytes(room.subarray(start, HEAD_ROOM + length));
    }
    return this.#sendBoth(whole, bytes);
  }

  #sendBoth(head: string, body: Uint8Array): Promise<void> | undefined {
    const end = putText(head, 0);
    if (end < 0 || end + body.length > ROOM) return this.#sendApart(head, body);
    room.set(body, end);
    return this.sendBytes(room.subarray(0, end + body.length));
  }

  async #sendApart(head: string, body: Uint8Array): Promise<void> {
    await this.sendHead(head);
    await this.sendBytes(body);
  }

  /** Sends the head together with the first bytes of a body, which begins a stream. */
  async sendFirst(head: string, body: Uint8Array, framing: "chunks" | "plain"): Promise<void> {
    const end = putText(head, 0);
    if (framing === "plain") return await this.#sendBoth(head, body);
    if (end < 0 || end + body.length > ROOM - 32) {
      await this.sendHead(head);
      return await this.sendChunk(body);
    }
    await this.sendBytes(room.subarray(0, putChunk(body, end)));
  }

  /** Sends a chunk, which must not be empty: that would be the last one. */
  async sendChunk(bytes: Uint8Array): Promise<void> {
    if (bytes.length <= ROOM - 32) return await this.sendBytes(room.subarray(0, putChunk(bytes, 0)));
    await this.sendHead(`${bytes.length.toString(16)}\r\n`);
    await this.sendBytes(bytes);
    await this.sendHead("\r\n");
  }

  /** Sends bytes as they are. Those of a caller that goes on must not change until it is done. */
  sendBytes(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#slow !== undefined) return this.#sendBehind(this.#slow, bytes.slice());
    const sent = this.#sendHere(bytes);
    if (sent === bytes.length) return undefined;
    // Copied if they lie where the next answer will.
    const rest = bytes.buffer === room.buffer ? bytes.slice(sent) : bytes.subarray(sent);
    return this.#slow = this.#sendSlowly(rest);
  }

  /** Sends when what is on its way was taken. */
  async #sendBehind(before: Promise<void>, bytes: Uint8Array): Promise<void> {
    await before;
    await this.sendBytes(bytes);
  }

  #sendHere(bytes: Uint8Array): number {
    try {
      return this.#connection.sendHere(bytes);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  async #sendSlowly(bytes: Uint8Array): Promise<void> {
    // Part by part: a client that takes one within the time is not too slow.
    for (let at = 0; at < bytes.length; at += PART) {
      this.#waits.writeBegins();
      await this.#connection.write(bytes.subarray(at, at + PART)).catch((error) => {
        this.failure = error;
        throw error;
      });
      this.#waits.waitEnds();
    }
    this.#slow = undefined;
  }
}

/** Puts a chunk into the room. Returns its end. */
function putChunk(bytes: Uint8Array, start: number): number {
  let at = putText(`${bytes.length.toString(16)}\r\n`, start);
  room.set(bytes, at);
  at += bytes.length;
  room[at] = 13;
  room[at + 1] = 10;
  return at + 2;
}
