/**
 * What a CGI program is told of a request by its environment (RFC 3875 §4.1). Pure.
 *
 * @module
 */

import type { Address } from "../../address.ts";
import { nameOf } from "./path.ts";

/** A request, as far as its program is told. */
export interface CgiRequest {
  readonly method: string;
  /** The fields of its header, in small letters, a character a byte. */
  readonly headers: Iterable<readonly [string, string]>;
  /** The part of its path that names the program; empty for the root. */
  readonly scriptName: string;
  /** The part behind it, decoded; undefined for none. */
  readonly pathInfo: Uint8Array | undefined;
  readonly query: string;
  /** Path and query as the client sent them. */
  readonly uri: string;
  /** The host that it names. */
  readonly host: string;
  /** Whether it has a body for the program. */
  readonly hasBody: boolean;
  /** Such as `HTTP/1.1`. */
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address;
  /** The client's name, if it was looked up. */
  readonly peerhost: string | undefined;
  /** The path of the program. */
  readonly path: string;
  /** What the server calls itself. */
  readonly software: string;
}

/** Names that say something of a request, be it of this one or of one that started this server. */
const OF_REQUESTS =
  /^(?:HTTP_.*|HTTPS|AUTH_TYPE|CONTENT_(?:LENGTH|TYPE)|GATEWAY_INTERFACE|PATH_(?:INFO|TRANSLATED)|QUERY_STRING|REMOTE_(?:IDENT|USER)|REQUEST_(?:METHOD|URI|SCHEME)|SCRIPT_(?:NAME|FILENAME)|SERVER_(?:ADDR|ADMIN|NAME|PORT|PROTOCOL|SIGNATURE|SOFTWARE)|DOCUMENT_ROOT|REDIRECT_.*)$/;

/** Fields that are variables of their own, or would be taken for what they are not. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  // HTTP_PROXY is where many programs look for a proxy of their own (CVE-2016-5385).
  "proxy",
  "proxy-authorization",
  // Of the connection, and not of the request.
  "connection",
  "transfer-encoding",
]);

const encoder = new TextEncoder();

/** What programs get of the server's own environment, without what would say something of a request. */
export function withoutRequests(environment: readonly string[]): readonly string[] {
  return environment.filter((variable) => !OF_REQUESTS.test(variable.slice(0, variable.indexOf("="))));
}

/** An IPv4 client of a socket for both families is one of IPv4 to programs too. */
function plain({ hostname, transport }: Address): string {
  if (transport === "unix") return "unix:";
  return hostname.startsWith("::ffff:") && hostname.includes(".") ? hostname.slice(7) : hostname;
}

/** `NAME=value`, where each character of the value is a byte. */
function inBytes(name: string, value: string): Uint8Array {
  return Uint8Array.from(`${name}=${value}`, (character) => character.charCodeAt(0));
}

/** The fields as `HTTP_NAME`. One whose name has `_` or another letter that others are turned into could stand for theirs. */
function fieldsOf(headers: CgiRequest["headers"]): Uint8Array[] {
  return [...headers]
    .filter(([name]) => /^[a-z0-9-]+$/.test(name) && !NOT_PASSED.has(name))
    .map(([name, value]) => inBytes(`HTTP_${name.toUpperCase().replaceAll("-", "_")}`, value));
}

function withPathInfo(pathInfo: Uint8Array): Uint8Array {
  const name = encoder.encode("PATH_INFO=");
  const variable = new Uint8Array(name.length + pathInfo.length);
  variable.set(name);
  variable.set(pathInfo, name.length);
  return variable;
}

/** The variables of a request, as `NAME=value` in bytes. */
export function cgiVariables(request: CgiRequest): Uint8Array[] {
  const { remote, local, pathInfo, peerhost } = request;
  const own = new Map([...request.headers].filter(([name]) => name.startsWith("content-")));
  const length = own.get("content-length");
  const type = own.get("content-type");
  const variables = {
    GATEWAY_INTERFACE: "CGI/1.1",
    QUERY_STRING: request.query,
    REMOTE_ADDR: plain(remote),
    REMOTE_HOST: peerhost ?? plain(remote),
    ...(remote.transport === "unix" ? {} : { REMOTE_PORT: String(remote.port) }),
    REQUEST_METHOD: request.method,
    REQUEST_SCHEME: "http",
    REQUEST_URI: request.uri,
    SCRIPT_FILENAME: request.path,
    SCRIPT_NAME: request.scriptName,
    SERVER_ADDR: plain(local),
    SERVER_NAME: request.host,
    SERVER_PORT: local.transport === "unix" ? "80" : String(local.port),
    SERVER_PROTOCOL: request.protocol,
    SERVER_SOFTWARE: request.software,
  };
  return [
    ...Object.entries(variables).map(([name, value]) => encoder.encode(`${name}=${value}`)),
    ...(pathInfo === undefined ? [] : [withPathInfo(pathInfo)]),
    ...(request.hasBody && length !== undefined ? [inBytes("CONTENT_LENGTH", length)] : []),
    ...(request.hasBody && type !== undefined ? [inBytes("CONTENT_TYPE", type)] : []),
    ...fieldsOf(request.headers),
  ];
}

/** What is behind a program in a path, decoded: `/a b` of `["a%20b"]`; a status where it is none. */
export function pathInfoOf(rest: readonly string[]): Uint8Array | undefined | 400 | 404 {
  if (rest.length === 0) return undefined;
  const bytes: number[] = [];
  for (const segment of rest) {
    const name = nameOf(segment);
    if (typeof name === "number") return name;
    bytes.push(47, ...name);
  }
  return Uint8Array.from(bytes);
}
