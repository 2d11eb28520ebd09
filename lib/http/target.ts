/**
 * Whom a request is for, and the URL that the handler sees (RFC 9112 §3). Pure.
 *
 * @module
 */

import { HttpFault } from "./fault.ts";

/** `uri-host[:port]` (RFC 9110 §7.2, RFC 3986 §3.2.2), which is not empty in http. */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d{0,5})?$/;
/** What `new URL` leaves as it is in a path and a query, unless there are segments of dots. */
const PLAIN = /^\/[\w~!$&()*+,;=:@%/.-]*(?:\?[\w~!$&()*+,;=:@%/.?-]*)?$/;
/** Where a segment of dots may begin, be they encoded or not. */
const DOTS = /\/(?:\.|%2)/;
const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i;

/** The parts of a request's URL. */
export interface RequestTarget {
  /** Such as `http://www.example.com:8080`, as `new URL` writes it. */
  readonly origin: string;
  /** Path and query as they were sent. */
  readonly path: string;
}

/**
 * The origin of an authority, such as `www.example.com:8080`.
 *
 * @throws {HttpFault} if it is none
 */
export function originOf(authority: string): string {
  if (AUTHORITY.test(authority)) {
    try {
      const url = new URL(`http://${authority}/`);
      if (url.pathname === "/" && url.hostname !== "") return url.origin;
    } catch {
      // It looks like one and names no host, such as an address out of range.
    }
  }
  throw new HttpFault(400, "its Host is no host with a port");
}

/**
 * The path of a target in absolute form, and its authority, which wins over Host; undefined for one in origin form.
 *
 * @throws {HttpFault} if it is in neither form
 */
export function absoluteForm(target: string): { authority: string; path: string } | undefined {
  if (target.startsWith("/")) return undefined;
  const [, authority, rest = ""] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined) throw new HttpFault(400, "its target is neither a path nor a URL of http");
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** The URL as `new URL` gives it. */
export function hrefOf({ origin, path }: RequestTarget): string {
  const href = origin + path;
  return PLAIN.test(path) && !DOTS.test(path) ? href : new URL(href).href;
}
