/**
 * Configuration → listening sockets: those of before a restart first, then the rest is bound; all or none.
 *
 * @module
 */

import { BindError, formatPlace, type Place, SystemError } from "../errors.ts";
import { EX_NOPERM } from "../exit_codes.ts";
import type { Config } from "../config/options.ts";
import type { Address } from "../context.ts";
import { closeFd } from "../os/descriptor.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { listenOn, localAddress } from "../os/socket.ts";
import { parsePort, PortFault, type PortSpec } from "./port_spec.ts";
import { resolve, type Target } from "./resolve.ts";

/** Linux's own upper limit since 5.4; the kernel lowers it to `net.core.somaxconn`. */
const SOMAXCONN = 4096;

/** A socket that listens. */
export interface Listener {
  readonly fd: number;
  /** As bound: with the number that port 0 became. */
  readonly address: Address;
  /** What was asked for, the same over restarts (Net::Server's `hup_string`). */
  readonly key: string;
}

/** A socket from before a restart. */
export interface InheritedSocket {
  readonly fd: number;
  readonly key: string;
}

/** What listening needs. */
export interface ListenOptions {
  readonly config: Pick<Config, "port" | "host" | "proto" | "ipv" | "listen">;
  /** Where each value was given. */
  readonly origins: ReadonlyMap<string, readonly Place[]>;
  readonly inherited: readonly InheritedSocket[];
  log(level: number, message: string): void;
}

/** The value of a list that belongs to the port at `index`: the last one goes for all that follow. */
function beside<T>(list: readonly T[] | undefined, index: number): T | undefined {
  return list?.[index] ?? list?.at(-1);
}

function keyOf(target: Target, proto: string): string {
  return `${target.hostname}|${target.port}|${proto}|ipv${target.ipv}${target.v6Only ? "" : "4"}`;
}

/** One address to bind, and where it comes from. */
interface Wanted {
  readonly target: Target;
  readonly spec: PortSpec;
  readonly place: Place | undefined;
}

function located(place: Place | undefined, text: string): string {
  return place === undefined ? text : `${formatPlace(place)}: ${text}`;
}

async function wantedTargets({ config, origins, log }: ListenOptions): Promise<Wanted[]> {
  if (!origins.has("port")) log(2, `Port Not Defined.  Defaulting to '${config.port.join(", ")}'`);
  const wanted: Wanted[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of config.port.entries()) {
    const place = beside(origins.get("port"), index);
    const lists = {
      host: beside(config.host, index),
      proto: beside(config.proto, index),
      ipv: beside(config.ipv, index),
    };
    const spec = parsePort(entry, lists);
    if (spec instanceof PortFault) {
      const text = typeof entry === "string" ? entry : String(entry.port);
      throw new BindError(located(place, `Cannot bind port "${text}": ${spec.reason}`), { address: text });
    }
    const targets = await resolve(spec);
    if (typeof targets === "string") {
      throw new BindError(located(place, `Cannot bind port "${spec.text}": ${targets}`), {
        address: spec.text,
      });
    }
    for (const target of targets) {
      const key = keyOf(target, spec.proto);
      if (target.port !== 0 && seen.has(key)) {
        log(
          2,
          `Duplicate configuration (${spec.proto.toUpperCase()}) on [${target.hostname}]:${target.port} ` +
            `with IPv${target.ipv} - skipping`,
        );
        continue;
      }
      seen.add(key);
      wanted.push({ target, spec, place });
    }
  }
  return wanted;
}

function explain(error: SystemError, address: Address, { spec, place }: Wanted): BindError {
  const remedy: Record<string, string> = {
    EADDRINUSE: "; stop the server that has it, or choose another port",
    EADDRNOTAVAIL: "; give an address of this machine",
    EACCES: "; ports below 1024 need root or CAP_NET_BIND_SERVICE: choose another port",
  };
  const why = error.message.replace(/^Cannot [^:]*?(?:\[[^\]]*\][^:]*|[\d.]+):\d+: |^Cannot [^:]*: /, "");
  const text = `Cannot bind ${formatAddress(address)} (port "${spec.text}"): ${why}${
    remedy[error.code] ?? ""
  }`;
  return new BindError(located(place, text), {
    address: formatAddress(address),
    cause: error,
    ...(error.code === "EACCES" || error.code === "EPERM" ? { exitCode: EX_NOPERM } : {}),
  });
}

/** Binds one address. Where the machine has no IPv6, any address means any of IPv4. */
function bind(wanted: Wanted, backlog: number): number {
  const { target } = wanted;
  const address: Address = { transport: "tcp", hostname: target.hostname, port: target.port };
  try {
    return listenOn(address, { backlog, v6Only: target.v6Only });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const noV6 = error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL";
    if (noV6 && target.hostname === "::" && !target.v6Only) {
      return bind({ ...wanted, target: { ...target, hostname: "0.0.0.0", ipv: "4", v6Only: true } }, backlog);
    }
    throw explain(error, address, wanted);
  }
}

/**
 * Opens all ports.
 *
 * @returns The listeners in the order of the configuration, and the inherited sockets that nobody wants any more,
 * closed.
 * @throws {BindError} if one cannot be opened (status 69, or 77 where a right is missing); those that were opened for
 * it are closed again
 */
export async function listen(
  options: ListenOptions,
): Promise<{ listeners: Listener[]; unmapped: InheritedSocket[] }> {
  const { config, log } = options;
  const inherited = [...options.inherited];
  const listeners: Listener[] = [];
  const opened: number[] = [];
  try {
    for (const wanted of await wantedTargets(options)) {
      const { target, spec } = wanted;
      const key = keyOf(target, spec.proto);
      const what = `TCP port ${target.port} on host ${target.hostname} with IPv${target.ipv}`;
      log(2, `Binding to ${what}`);
      const index = inherited.findIndex((socket) => socket.key === key);
      let fd: number;
      if (index >= 0) {
        fd = (inherited.splice(index, 1)[0] as InheritedSocket).fd;
        log(3, `Reassociating file descriptor ${fd} with ${what}`);
      } else {
        if (options.inherited.length > 0) log(2, "Added new port configuration");
        fd = bind(wanted, config.listen ?? SOMAXCONN);
        opened.push(fd);
      }
      const address = localAddress(fd);
      if (target.port === 0) log(2, `  Bound to auto-assigned port ${address.port}`);
      listeners.push({ fd, address, key });
    }
  } catch (error) {
    for (const fd of opened) closeFd(fd);
    throw error;
  }
  for (const { fd, key } of inherited) {
    log(2, `Closing un-mapped port (${key}) on fd ${fd}`);
    closeFd(fd);
  }
  return { listeners, unmapped: inherited };
}
