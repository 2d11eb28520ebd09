/**
 * Names and `*` → the addresses to bind. What the machine has is passed in, so that the rules are pure.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { formatIPv6, parseIPv6 } from "../os/sockaddr.ts";
import type { Machine } from "./machine.ts";
import type { PortSpec, Protocol } from "../config/port_spec.ts";
import { ipVersion } from "../ip_version.ts";

/** One address to bind. */
export interface Target {
  /** How it is spoken to. */
  readonly proto: Protocol;
  /** What to bind. Port 0 lets the system choose one. */
  readonly address: Address;
  /** `*` for a path. */
  readonly ipv: "4" | "6" | "*";
  /** Whether an IPv6 socket is to leave IPv4 alone. */
  readonly v6Only: boolean;
}

/** The addresses that a port means. */
export interface Resolution {
  /** At least one. Those of port 0 share the number that it becomes. */
  readonly targets: readonly Target[];
  /** What was left out, for the log. */
  readonly notes: readonly string[];
}

/** The number of a service's name in a text like /etc/services. Pure. */
export function servicePort(name: string, proto: string, services: string): number | undefined {
  for (const line of services.split("\n")) {
    const [service, number = "", ...aliases] = (line.split("#")[0] as string).trim().split(/\s+/);
    const [port, of] = number.split("/");
    if (of === proto && (service === name || aliases.includes(name))) return Number(port);
  }
  return undefined;
}

/** A host's address and its family, not yet with a port. */
interface Found {
  readonly hostname: string;
  readonly ipv: "4" | "6";
  /** Whether IPv4 clients are served by the same socket. */
  readonly dual?: boolean;
}

const ANY6 = "::";
const ANY4 = "0.0.0.0";

/** The IPv4 address that an IPv6 socket on `hostname` would serve too, if it is not kept to IPv6. */
function handledBy({ hostname }: Found): string | undefined {
  return hostname === ANY6 ? ANY4 : /^::ffff:([\d.]+)$/.exec(hostname)?.[1];
}

/** Of the IPv4 addresses, those that an IPv6 socket serves need none of their own (Net::Server's get_addr_info). */
function leaveToIPv6(found: readonly Found[], notes: string[]): Found[] {
  const handlers = new Map(found.map((one) => [handledBy(one), one.hostname]));
  return found.filter(({ hostname, ipv }) => {
    const by = ipv === "4" ? handlers.get(hostname) : undefined;
    if (by === undefined) return true;
    notes.push(
      `Not including resolved host [${hostname}] IPv4 because it will be handled by [${by}] IPv6`,
    );
    return false;
  });
}

function anyAddress(spec: PortSpec, machine: Machine, notes: string[]): Found[] {
  if (spec.ipv !== "*") {
    const both: Found[] = [{ hostname: ANY6, ipv: "6" }, { hostname: ANY4, ipv: "4" }];
    return both.filter(({ ipv }) => spec.ipv.includes(ipv));
  }
  if (!machine.canBindIPv6(ANY6)) {
    notes.push(`Host [*] means [${ANY4}] IPv4 alone because this machine has no IPv6`);
    return [{ hostname: ANY4, ipv: "4" }];
  }
  const dual = !machine.isV6OnlyByDefault();
  const found: Found[] = [{ hostname: ANY6, ipv: "6", dual }, { hostname: ANY4, ipv: "4" }];
  return dual ? leaveToIPv6(found, notes) : found;
}

/** An address stands for itself, whatever `ipv` says. */
function literalAddress(spec: PortSpec, machine: Machine): Found | undefined {
  const family = ipVersion(spec.host);
  if (family === 0) return undefined;
  if (family === 4) return { hostname: spec.host, ipv: "4" };
  const found: Found = { hostname: formatIPv6(parseIPv6(spec.host)), ipv: "6" };
  if (found.hostname === ANY6) return { ...found, dual: spec.ipv !== "6" && !machine.isV6OnlyByDefault() };
  return { ...found, dual: handledBy(found) !== undefined };
}

async function namedHost(spec: PortSpec, machine: Machine, notes: string[]): Promise<Found[] | string> {
  let all: Found[];
  try {
    const unique = new Map((await machine.lookup(spec.host)).map((one) => [one.address, one]));
    all = [...unique.values()].map(({ address, family }) => ({
      hostname: address,
      ipv: family === 6 ? "6" : "4",
    }));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `the host "${spec.host}" cannot be resolved (${
      code ?? message
    }); check its name, or give an address`;
  }
  if (spec.ipv === "*") {
    const known = leaveToIPv6(all, notes).map((one) => ({ ...one, dual: handledBy(one) !== undefined }));
    const others = known.filter(({ ipv }) => ipv === "4");
    if (others.length === 0 || others.length === known.length || machine.canBindIPv6("::1")) return known;
    notes.push(`Not including the IPv6 addresses of host [${spec.host}] because this machine has no IPv6`);
    return others;
  }
  for (const version of spec.ipv) {
    if (!all.some(({ ipv }) => ipv === version)) {
      return `the host "${spec.host}" has no IPv${version} address; give another host or ipv`;
    }
  }
  return all.filter(({ ipv }) => spec.ipv.includes(ipv)).sort((a, b) => Number(b.ipv) - Number(a.ipv));
}

/**
 * The addresses that `spec` means.
 *
 * @returns The addresses, or the reason why there are none, with what to do.
 */
export async function resolve(spec: PortSpec, machine: Machine): Promise<Resolution | string> {
  const { proto } = spec;
  if (proto === "ssl" || proto === "ssleay") {
    return `its protocol ${proto} is not supported yet; give tcp, udp, unix or unixdgram`;
  }
  if (proto === "unix" || proto === "unixdgram") {
    const address: Address = { transport: "unix", hostname: "", port: 0, path: spec.port };
    return { targets: [{ proto, address, ipv: "*", v6Only: false }], notes: [] };
  }
  const port = /^\d+$/.test(spec.port)
    ? Number(spec.port)
    : servicePort(spec.port, proto, machine.readServices());
  if (port === undefined) {
    return `there is no service "${spec.port}" for ${proto} in /etc/services; give a number`;
  }
  const notes: string[] = [];
  const literal = literalAddress(spec, machine);
  const found = literal !== undefined
    ? [literal]
    : spec.host === "*"
    ? anyAddress(spec, machine, notes)
    : await namedHost(spec, machine, notes);
  if (typeof found === "string") return found;
  if (found.length === 0) return `the host "${spec.host}" has no address; give another host`;
  const targets = found.map(({ hostname, ipv, dual }): Target => ({
    proto,
    address: { transport: proto, hostname, port },
    ipv,
    v6Only: !dual,
  }));
  return { targets, notes };
}
