/**
 * The `Request` that a handler gets. Its parts are made when they are asked for: most handlers look at one or two.
 *
 * @module
 */

import type { RequestBody } from "./body.ts";
import type { RequestHead } from "./head.ts";
import { hrefOf, type RequestTarget } from "./target.ts";

/** What a request needs of who serves it. */
export interface RequestParts {
  readonly head: RequestHead;
  readonly target: RequestTarget;
  /** Undefined where the request has none that `Request` would show. */
  readonly body: RequestBody | undefined;
  /** Whose signal it has. */
  readonly exchange: { readonly signal: AbortSignal };
}

const decoder = new TextDecoder();

function headersOf({ text, places }: RequestHead): Headers {
  const headers = new Headers();
  for (let i = 0; i < places.length; i += 4) {
    headers.append(text.slice(places[i], places[i + 1]), text.slice(places[i + 2], places[i + 3]));
  }
  return headers;
}

function streamOf(body: RequestBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    // Nothing is read ahead of what is asked for.
    async pull(controller) {
      const bytes = await body.read();
      if (bytes === null) controller.close();
      else controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
}

/** A request. Where the runtime's own class is needed, such as in `new Request(request)`, one is made from it. */
export class ServedRequest {
  readonly #parts: RequestParts;
  #url: string | undefined;
  #headers: Headers | undefined;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** Whether the body was asked for as a whole. */
  #isTaken = false;
  #real: Request | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** The runtime's own `Request` in place of a served one; anything else as it is. */
  static realOf<T>(value: T): T | Request {
    return typeof value === "object" && value !== null && #parts in value
      ? (value as unknown as ServedRequest).#makeReal()
      : value;
  }

  #makeReal(): Request {
    if (this.#real !== undefined) return this.#real;
    const body = this.#isTaken || this.#stream?.locked === true ? null : this.body;
    const init: RequestInit & { duplex: "half" } = {
      method: this.method,
      headers: this.headers,
      body,
      signal: this.signal,
      duplex: "half",
    };
    return this.#real = new RealRequest(this.url, init);
  }

  get method(): string {
    return this.#parts.head.method;
  }

  get url(): string {
    return this.#url ??= hrefOf(this.#parts.target);
  }

  get headers(): Headers {
    return this.#real?.headers ?? (this.#headers ??= headersOf(this.#parts.head));
  }

  get signal(): AbortSignal {
    return this.#parts.exchange.signal;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#real !== undefined) return this.#real.body as ReadableStream<Uint8Array<ArrayBuffer>> | null;
    const { body } = this.#parts;
    if (body === undefined) return null;
    if (this.#stream === undefined) {
      this.#stream = streamOf(body);
      // It was read as a whole: nobody else gets it.
      if (this.#isTaken) this.#stream.getReader();
    }
    return this.#stream;
  }

  get bodyUsed(): boolean {
    return this.#isTaken ||
      (this.#real?.bodyUsed ?? (this.#stream !== undefined && this.#parts.body?.touched === true));
  }

  /** The whole body, read without a stream; undefined where there is one already. */
  #takeBody(): Promise<Uint8Array<ArrayBuffer>> | undefined {
    const { body } = this.#parts;
    if (this.#real !== undefined || this.#stream !== undefined || body === undefined) return undefined;
    if (this.#isTaken) return Promise.reject(new TypeError("Cannot read the body: it was read already"));
    this.#isTaken = true;
    return body.readAll();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const taken = this.#takeBody();
    return taken === undefined ? new Uint8Array(await this.#makeReal().arrayBuffer()) : await taken;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const taken = this.#takeBody();
    if (taken === undefined) return await this.#makeReal().arrayBuffer();
    const bytes = await taken;
    return bytes.length === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  }

  async text(): Promise<string> {
    const taken = this.#takeBody();
    return taken === undefined ? await this.#makeReal().text() : decoder.decode(await taken);
  }

  async json(): Promise<unknown> {
    const taken = this.#takeBody();
    return taken === undefined ? await this.#makeReal().json() : JSON.parse(decoder.decode(await taken));
  }

  clone(): Request {
    return this.#makeReal().clone() as Request;
  }
}

const RealRequest = globalThis.Request;

/** Has all else that a `Request` has come from a real one, its insides included. */
function delegate(): void {
  const names = Object.getOwnPropertyNames(RealRequest.prototype);
  // Deno's own functions look for what they keep under symbols, in the object and in what it inherits from.
  const symbols = Object.getOwnPropertySymbols(new RealRequest("http://localhost/"));
  for (const key of [...names, ...symbols]) {
    if (Object.hasOwn(ServedRequest.prototype, key)) continue;
    Object.defineProperty(ServedRequest.prototype, key, {
      configurable: true,
      get(this: ServedRequest) {
        const real = ServedRequest.realOf(this) as unknown as Record<PropertyKey, unknown>;
        const value = real[key];
        return typeof value === "function" && typeof key === "string" ? value.bind(real) : value;
      },
      set(this: ServedRequest, value: unknown) {
        (ServedRequest.realOf(this) as unknown as Record<PropertyKey, unknown>)[key] = value;
      },
    });
  }
  Object.setPrototypeOf(ServedRequest.prototype, RealRequest.prototype);
}

/** Has `new Request(request, …)` and `fetch(request)` take a served one where the runtime itself would not. */
function teachRuntime(): void {
  globalThis.Request = new Proxy(RealRequest, {
    construct: (target, [input, ...rest], newTarget) =>
      Reflect.construct(target, [ServedRequest.realOf(input), ...rest], newTarget),
  });
  const realFetch = globalThis.fetch;
  globalThis.fetch = new Proxy(realFetch, {
    apply: (target, self, [input, ...rest]) =>
      Reflect.apply(target, self, [ServedRequest.realOf(input), ...rest]),
  });
}

delegate();
// Where nothing is kept under symbols, the runtime sees a class of its own, and nothing in what only looks like it.
if (Object.getOwnPropertySymbols(new RealRequest("http://localhost/")).length === 0) teachRuntime();
