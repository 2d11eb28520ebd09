/**
 * Answers of Tine's own to requests for what is not there, or not to be had.
 *
 * @module
 */

import { phraseOf } from "../statuses.ts";

/** An answer with the phrase of its status as text. */
export function plainAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${phraseOf(status)}\n`, {
    status,
    headers: { "content-type": "text/plain;charset=UTF-8", ...headers },
  });
}
