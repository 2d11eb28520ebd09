/**
 * The grammar of `port`, with the lists `host`, `proto` and `ipv` beside it (Net::Server::Proto). Pure.
 *
 * It takes what Net::Server takes, with these differences:
 * - An `ipv` behind the port overrides one in the host, as Net::Server's manual says and its code does not do.
 * - An empty port is refused, where Net::Server takes it for 0; a table may have port 0, which Net::Server refuses.
 * - `host/port` is what the manual says it is; Net::Server's code takes the number for a protocol.
 * - A path of a unix socket is taken as it is: what looks like `host:port` in it is none.
 *
 * @module
 */

import type { PortEntry, PortTable } from "./options.ts";

/** What can be listened on: Net::Server's protocols, in lower case. */
export const PROTOCOLS = ["tcp", "udp", "unix", "unixdgram", "ssl", "ssleay"] as const;

/** A protocol's name. */
export type Protocol = (typeof PROTOCOLS)[number];

/** Those that can be listened on so far. */
export const LISTENABLE: readonly Protocol[] = ["tcp", "udp", "unix", "unixdgram"];

/** One port as it was asked for. */
export interface PortSpec {
  /** A number or the name of a service; for `unix` and `unixdgram`, the path. */
  readonly port: string;
  /** A name, an address without brackets, or `*`. */
  readonly host: string;
  /** The protocol. */
  readonly proto: Protocol;
  /** `*` for what there is, `4`, `6`, or `64` for both. */
  readonly ipv: "*" | "4" | "6" | "64";
  /** What was written, for messages. */
  readonly text: string;
}

/** What the lists say for an entry that is silent. */
export interface Beside {
  /** Of the list `host`. */
  readonly host?: string | undefined;
  /** Of the list `proto`. */
  readonly proto?: string | undefined;
  /** Of the list `ipv`. */
  readonly ipv?: string | undefined;
  /** The type of unix sockets (`unix_type`). */
  readonly unixType?: string | undefined;
}

/** What cannot be understood of a port: the reason, for "Cannot bind port …: <reason>". */
export class PortFault {
  /** The reason, and what to do. */
  readonly reason: string;

  /**
   * Makes the fault.
   *
   * @param reason The reason, and what to do.
   */
  constructor(reason: string) {
    this.reason = reason;
  }
}

// Net::Server's separators, behind what may end a port, a host or a protocol.
const BEHIND = String.raw`(?<=[\w*\]])[,|\s:/]+`;
const UNIX_TYPE = new RegExp(String.raw`${BEHIND}(sock_stream|sock_dgram)\b`, "i");
const IP_VERSION = new RegExp(String.raw`${BEHIND}ipv([*\d]+)`, "i");
const PROTOCOL = new RegExp(String.raw`${BEHIND}(${PROTOCOLS.join("|")}|\w+(?:::\w+)+)$`, "i");
const ANY_WORD_AS_PROTOCOL = /\/(\w*[a-z_]\w*)$/i;
const HOST = /^(.*?)(?:[,|\s:]+(?=[\w-]+$)|\/(?=\d+$))/s;
const SERVICE = /^\w[\w.+-]*$/;
const PERL_PROTOCOL = /^net::server::proto::(\w+)$/i;

/** A text from which one piece after the other is taken off. */
class Remainder {
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What `pattern` captures, taken off with all that it matches. */
  take(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.text = this.text.slice(0, match.index) + this.text.slice(match.index + match[0].length);
    return match[1];
  }

  /** The versions of `IPv4`, or of `IPv4 IPv6`; empty where there is none. */
  takeIpVersions(): string {
    return (this.take(IP_VERSION) ?? "") + (this.take(IP_VERSION) ?? "");
  }
}

/** An entry taken apart: what it says itself. */
interface Parts {
  readonly port: string;
  readonly host: string | undefined;
  readonly proto: string | undefined;
  readonly ipv: string;
  readonly unixType: string | undefined;
}

function isUnix(proto: string | undefined): boolean {
  return /^unix/i.test((proto ?? "").trim());
}

/** Takes an entry's text apart. The order is Net::Server's and decides what ambiguous ones mean. */
function split(text: string, besideProto: string | undefined): Parts {
  const rest = new Remainder(text.trim());
  const unixType = rest.take(UNIX_TYPE);
  const ipv = rest.takeIpVersions();
  let proto = rest.take(PROTOCOL);
  if (isUnix(proto ?? besideProto)) {
    return { port: rest.text, host: undefined, proto, ipv, unixType };
  }
  proto ??= rest.take(ANY_WORD_AS_PROTOCOL);
  // A host that is there and empty, as in `:80`, is every address, and not what the list says.
  const host = rest.take(HOST);
  return { port: rest.text, host: host === "" ? "*" : host, proto, ipv, unixType };
}

/** A table as it would be written in one line. */
function textOf({ host, port, proto, ipv }: PortTable): string {
  const name = host?.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return (name ? `${name}:` : "") + port + (proto ? `/${proto}` : "") + (ipv ? `/IPv${ipv}` : "");
}

function ipvOf(text: string): PortSpec["ipv"] | undefined {
  if (text.includes("*")) return "*";
  const versions = (text.includes("6") ? "6" : "") + (text.includes("4") ? "4" : "");
  return versions === "" ? undefined : versions as "4" | "6" | "64";
}

function hostOf(text: string): string | undefined {
  const inner = /^\[(.*)\]$/s.exec(text)?.[1] ?? text;
  if (inner === "") return "*";
  return inner === "*" || /^[\w/.\-:]+$/.test(inner) ? inner : undefined;
}

function protocolOf(text: string, unixType: string | undefined): Protocol | undefined {
  const word = (PERL_PROTOCOL.exec(text)?.[1] ?? text).toLowerCase();
  const proto = PROTOCOLS.find((known) => known === word);
  return proto === "unix" && unixType?.toLowerCase() === "sock_dgram" ? "unixdgram" : proto;
}

/** The protocol that a value of `proto` names, perhaps with an IP version beside it; undefined if there is none such. */
export function protocolNamed(text: string): Protocol | undefined {
  const rest = new Remainder(text.trim());
  rest.takeIpVersions();
  return protocolOf(rest.text, undefined);
}

/** The protocol's name that an entry of `port` has itself, whatever the lists say; undefined where it has none. */
export function protocolWithin(entry: PortEntry): string | undefined {
  if (typeof entry !== "string") return entry.proto;
  const rest = new Remainder(entry.trim());
  rest.take(UNIX_TYPE);
  rest.takeIpVersions();
  return rest.take(PROTOCOL);
}

function faultOfPort(port: string): string | undefined {
  if (port === "") return "there is no port; give a number, 0 for one that the system chooses";
  if (!SERVICE.test(port)) return `"${port}" is neither a number nor the name of a service`;
  if (/^\d+$/.test(port) && Number(port) > 65535) return `${port} is above 65535, the highest port`;
  return undefined;
}

function faultOfPath(path: string): string | undefined {
  if (path === "") return "there is no path; give one, as in /run/name.sock|unix";
  if (path.includes("\0")) return "its path has a zero byte";
  return undefined;
}

/**
 * Understands one entry of `port`.
 *
 * @param entry What was given.
 * @param beside What the lists say for it.
 */
export function parsePort(entry: PortEntry, beside: Beside = {}): PortSpec | PortFault {
  const table: Partial<PortTable> = typeof entry === "string" ? {} : entry;
  const text = typeof entry === "string" ? entry : textOf(entry);
  const own = split(typeof entry === "string" ? entry : String(entry.port), table.proto ?? beside.proto);

  const protoRest = new Remainder((table.proto || own.proto || beside.proto || "tcp").trim());
  const protoIpv = protoRest.takeIpVersions();
  const proto = protocolOf(protoRest.text, own.unixType ?? beside.unixType);
  if (proto === undefined) {
    return new PortFault(`there is no protocol "${protoRest.text}"; give tcp, udp, unix or unixdgram`);
  }
  if (proto === "unix" || proto === "unixdgram") {
    const fault = faultOfPath(own.port);
    return fault ? new PortFault(fault) : { port: own.port, host: "*", proto, ipv: "*", text };
  }
  const fault = faultOfPort(own.port);
  if (fault !== undefined) return new PortFault(fault);

  const hostRest = new Remainder((table.host || own.host || beside.host || "*").trim());
  const hostIpv = hostRest.takeIpVersions();
  const host = hostOf(hostRest.text);
  if (host === undefined) return new PortFault(`"${hostRest.text}" is no host name or address`);
  const asked = table.ipv || own.ipv || hostIpv || protoIpv || beside.ipv || "*";
  const ipv = ipvOf(asked);
  if (ipv === undefined) return new PortFault(`its ipv is "${asked}"; give 4, 6, * or IPv4 IPv6`);
  return { port: own.port, host, proto, ipv, text };
}
