/**
 * What Tine understands of bytes: the requests that it accepts up to the first fault.
 *
 * @module
 */

import { ChunkReader } from "../../lib/http/chunks.ts";
import { HttpFault } from "../../lib/http/fault.ts";
import { HeadReader, latin1, type RequestHead } from "../../lib/http/head.ts";
import type { HttpLimits } from "../../lib/http/limits.ts";
import { isServed } from "../../lib/http/methods.ts";
import { absoluteForm, originOf } from "../../lib/http/target.ts";

/** One request as it is understood. */
export interface Understood {
  readonly method: string;
  readonly url: string;
  readonly minor: number;
  /** Names and values, one after the other. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Whether its end was there. */
  readonly isComplete: boolean;
}

const LIMITS: HttpLimits = {
  headerSize: 16000,
  headers: 100,
  bodySize: 1e9,
  headerMs: 0,
  idleMs: 0,
  keepAliveMs: 0,
  requests: 1e9,
};

/** What the exchange checks before it asks the handler. */
function check({ method, target, framing: { host } }: RequestHead): void {
  if (!isServed(method)) throw new HttpFault(501, "method");
  if (target !== "*") {
    const absolute = absoluteForm(target);
    if (absolute !== undefined) originOf(absolute.authority);
  } else if (method !== "OPTIONS") throw new HttpFault(400, "target");
  if (host !== undefined) originOf(host);
}

function bodyOf(
  bytes: Uint8Array,
  start: number,
  length: number,
): { body: string; next: number; isComplete: boolean } {
  if (length >= 0) {
    const next = Math.min(bytes.length, start + length);
    return { body: latin1(bytes, start, next), next, isComplete: next - start === length };
  }
  const chunks = new ChunkReader(LIMITS);
  let body = "";
  let at = start;
  for (;;) {
    at += chunks.advance(bytes.subarray(at));
    if (chunks.ended) return { body, next: at, isComplete: true };
    if (chunks.left === 0 || at >= bytes.length) return { body, next: at, isComplete: false };
    const end = Math.min(bytes.length, at + chunks.left);
    body += latin1(bytes, at, end);
    chunks.took(end - at);
    at = end;
  }
}

/** The requests in `bytes`, in order. */
export function understand(bytes: Uint8Array): Understood[] {
  const requests: Understood[] = [];
  try {
    for (let at = 0; at < bytes.length;) {
      const head = new HeadReader(bytes, at, bytes.length, LIMITS).read();
      if (head === undefined) break;
      check(head);
      const { method, target: url, minor, text, places, framing } = head;
      const fields: string[] = [];
      for (let i = 0; i < places.length; i += 2) fields.push(text.slice(places[i], places[i + 1]));
      const { body, next, isComplete } = bodyOf(bytes, at + head.size, framing.length);
      requests.push({ method, url, minor, fields, body, isComplete });
      if (!isComplete || !framing.keepAlive || framing.upgrade) break;
      at = next;
    }
  } catch (error) {
    if (!(error instanceof HttpFault)) throw error;
  }
  return requests;
}
