/**
 * What serves the requests of a location.
 *
 * @module
 */

import type { FetchInfo } from "../../context.ts";

/** A request, and where it belongs. */
export interface AppRequest {
  readonly request: Request;
  readonly info: FetchInfo;
  /** The location that it belongs to; for the default, `/`. */
  readonly location: string;
  /** What of its path is behind the location: segments, not decoded. */
  readonly rest: readonly string[];
  /** Has another path answer in its place, for a local redirect (RFC 3875 §6.2.2). */
  readonly again: (path: string) => Response | Promise<Response>;
}

/** Answers requests. */
export type App = (asked: AppRequest) => Response | Promise<Response>;
