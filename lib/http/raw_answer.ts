/**
 * Answers that are sent as they are, head and all: of a CGI program that has the whole word (`nph-`).
 *
 * @module
 */

const AS_IS = Symbol("tine as is");

/** An answer whose body is all that the client gets. The connection is closed behind it. */
export function sendAsIs(body: ReadableStream<Uint8Array>): Response {
  return Object.assign(new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>), { [AS_IS]: true });
}

/** Whether it is one. */
export function isAsIs(response: Response): boolean {
  return AS_IS in response;
}
