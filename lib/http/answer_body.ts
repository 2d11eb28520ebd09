/**
 * The body of a handler's answer: whole, if it is there already, else as it comes.
 *
 * @module
 */

const EMPTY = new Uint8Array(0);
/** What comes at once is gathered up to here. */
const MOST_GATHERED = 65536;
/** A body that was made from a text, or from bytes, is at its end within so many turns of the microtask queue. */
const TURNS = 8;

const encoder = new TextEncoder();

/** What a read gives. */
interface Chunk {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** What a body is read by: what all declarations of a `ReadableStreamDefaultReader` have in common. */
interface BodyReader {
  read(): Promise<Chunk>;
  cancel(reason?: unknown): Promise<void>;
}

/** A body that comes bit by bit. */
export interface BodyStream {
  /** What has come already. */
  readonly first: Uint8Array;
  /** What comes next. */
  readonly next: Promise<Chunk>;
  readonly reader: BodyReader;
}

/** What an answer was made from is kept under this symbol where the runtime itself keeps it nowhere that can be seen. */
const TEXT = Symbol("tine text");

/** The symbol under which Deno keeps the text that an answer was made from, until it is asked for as a stream. */
function findTextSymbol(): symbol | undefined {
  const text = "tine";
  const probe = new Response(text) as unknown as Record<symbol, unknown>;
  const found = Object.getOwnPropertySymbols(probe).filter((symbol) => probe[symbol] === text);
  const stream = new Response(new ReadableStream()) as unknown as Record<symbol, unknown>;
  return found.find((symbol) => stream[symbol] === null || stream[symbol] === undefined);
}

/** Has `new Response(text)` keep the text. It is the same class as before. */
function keepTexts(): symbol {
  const RealResponse = globalThis.Response;
  globalThis.Response = new Proxy(RealResponse, {
    construct(target, args, newTarget) {
      const response = Reflect.construct(target, args, newTarget);
      if (typeof args[0] === "string") response[TEXT] = args[0];
      return response;
    },
  });
  return TEXT;
}

const textSymbol = findTextSymbol() ?? keepTexts();

/**
 * The text that an answer was made from, where that is known: then no stream is made for it. It is used up by this, as any
 * body is by being read.
 */
export function takeText(response: Response): string | undefined {
  const text = (response as unknown as Record<symbol, unknown>)[textSymbol];
  if (typeof text !== "string" || response.bodyUsed) return undefined;
  response.text();
  return text;
}

/** A chunk as bytes. @throws {TypeError} if it is none */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return encoder.encode(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`Cannot send a chunk of the body: it is a ${typeof value}, and no bytes`);
}

/** A promise, and what came of it. */
class Peeked {
  #result: Chunk | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly promise: Promise<Chunk>;

  constructor(promise: Promise<Chunk>) {
    this.promise = promise;
    promise.then((result) => this.#result = result, (error) => this.#failure = { error });
  }

  /** What it comes to if that is known within a few turns. @throws what it is rejected with */
  async look(): Promise<Chunk | undefined> {
    for (let turn = 0; turn < TURNS && this.#result === undefined; turn++) {
      await undefined;
      if (this.#failure !== undefined) throw this.#failure.error;
    }
    return this.#result;
  }
}

/**
 * Looks how much of a body is there.
 *
 * @throws what the stream does
 */
export async function lookAt(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | BodyStream> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  let peeked = new Peeked(reader.read());
  let result = await peeked.look();
  // What is too much already may still be all: one that was made from bytes is one part, or on Bun two.
  while (result !== undefined && !result.done && length <= MOST_GATHERED) {
    const bytes = bytesOf(result.value);
    parts.push(bytes);
    length += bytes.length;
    peeked = new Peeked(reader.read());
    result = await peeked.look();
  }
  const first = parts.length === 1
    ? parts[0] as Uint8Array
    : parts.length === 0
    ? EMPTY
    : join(parts, length);
  return result?.done ? first : { first, next: peeked.promise, reader };
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
