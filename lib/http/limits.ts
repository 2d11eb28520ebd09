/**
 * How much a client may ask for, and how long it may take.
 *
 * @module
 */

import type { Config } from "../config/options.ts";

/** How much of a body that nobody wants is read to keep the connection. */
export const DRAIN_BYTES = 65536;

/** The limits of a server. Sizes are in bytes, times in milliseconds; 0 of a time is no limit. */
export interface HttpLimits {
  /** Of the request line and all fields (`max_header_size`). */
  readonly headerSize: number;
  /** Fields of a request (`max_headers`). */
  readonly headers: number;
  /** Of a request's body (`max_body_size`). */
  readonly bodySize: number;
  /** From the first byte of a request, or from the connect, to the end of its header (`timeout_header`). */
  readonly headerMs: number;
  /** Without progress within a body or an answer (`timeout_idle`). */
  readonly idleMs: number;
  /** Between an answer and the next request (`keepalive_timeout`). */
  readonly keepAliveMs: number;
  /** Requests of one connection (`max_keepalive_requests`). */
  readonly requests: number;
}

/** The limits that options say. */
export function limitsOf(config: Config): HttpLimits {
  return {
    headerSize: config.maxHeaderSize,
    headers: config.maxHeaders,
    bodySize: config.maxBodySize,
    headerMs: config.timeoutHeader * 1000,
    idleMs: config.timeoutIdle * 1000,
    keepAliveMs: config.keepaliveTimeout * 1000,
    requests: config.maxKeepaliveRequests,
  };
}
