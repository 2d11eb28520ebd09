/**
 * The grammar of `port`, with the lists `host`, `proto` and `ipv` beside it (Net::Server::Proto). Pure.
 *
 * @module
 */

import type { PortEntry } from "../config/options.ts";

/** One port as it was asked for. */
export interface PortSpec {
  /** A number or the name of a service. */
  readonly port: string;
  /** A name, an address without brackets, or `*`. */
  readonly host: string;
  /** In lower case, such as `tcp`. */
  readonly proto: string;
  /** `*` for what there is, `4`, `6`, or `64` for both. */
  readonly ipv: string;
  /** What was written, for messages. */
  readonly text: string;
}

/** What cannot be understood of a port: the reason, for "Cannot bind port …: <reason>". */
export class PortFault {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

// `80/tcp`, `80|IPv4|IPv6`, `host:80 udp`: what stands behind a port, in any order, behind any of the separators.
const BEHIND = /(?<=[\w*\]])[,|\s:/]+(ipv[*\d]+|tcp|udp|ssl|ssleay|unix|unixdgram)$/i;
const HOST_BEFORE = /^(.*?)[,|\s:]+(\w+)$/s;

function ipvOf(text: string): string | undefined {
  if (!/[46*]/.test(text)) return undefined;
  if (text.includes("*")) return "*";
  return (text.includes("6") ? "6" : "") + (text.includes("4") ? "4" : "");
}

function hostOf(text: string): string | undefined {
  const inner = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (inner === "") return "*";
  return inner === "*" || /^[\w/.\-:]+$/.test(inner) ? inner : undefined;
}

/** Takes what stands behind `text` off it. */
function takeBehind(text: string): { rest: string; proto: string | undefined; ipv: string } {
  let rest = text.trim();
  let proto: string | undefined;
  let ipv = "";
  for (let match = BEHIND.exec(rest); match !== null; match = BEHIND.exec(rest)) {
    const word = (match[1] as string).toLowerCase();
    if (word.startsWith("ipv")) ipv += word.slice(3);
    else proto ??= word;
    rest = rest.slice(0, match.index);
  }
  return { rest, proto, ipv };
}

/** Understands one entry of `port`; `beside` is what the lists say for it. */
export function parsePort(
  entry: PortEntry,
  beside: { host?: string | undefined; proto?: string | undefined; ipv?: string | undefined } = {},
): PortSpec | PortFault {
  const table = typeof entry === "string" ? { port: entry } : entry;
  const text = typeof entry === "string" ? entry : JSON.stringify(entry);
  const own = takeBehind(String(table.port));
  let port = own.rest;
  let host = table.host;
  const before = HOST_BEFORE.exec(port);
  if (before !== null && host === undefined) {
    host = before[1] as string;
    port = before[2] as string;
  }
  if (!/^\w[\w-]*$/.test(port)) {
    return new PortFault(`"${port}" is neither a number nor the name of a service`);
  }
  if (/^\d+$/.test(port) && Number(port) > 65535) return new PortFault(`${port} is above 65535`);
  const hostParts = takeBehind(host === undefined || host === "" ? beside.host ?? "*" : host);
  const cleanHost = hostOf(hostParts.rest);
  if (cleanHost === undefined) return new PortFault(`"${hostParts.rest}" is no host name or address`);
  const protoParts = takeBehind(`x ${table.proto ?? own.proto ?? beside.proto ?? "tcp"}`);
  const proto = protoParts.proto;
  if (proto === undefined) return new PortFault(`there is no protocol "${table.proto ?? beside.proto}"`);
  const asked = (table.ipv ?? "") || own.ipv || hostParts.ipv || protoParts.ipv || (beside.ipv ?? "") || "*";
  const ipv = ipvOf(asked);
  if (ipv === undefined) return new PortFault(`ipv "${asked}" has neither 4, 6 nor *`);
  return { port, host: cleanHost, proto, ipv, text };
}
