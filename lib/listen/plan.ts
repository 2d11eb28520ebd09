/**
 * Configuration → what is to be bound: every port understood, resolved, and none twice.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { LoadedConfig } from "../config/config.ts";
import type { Config } from "../config/options.ts";
import { BindError, formatPlace, located, type Place } from "../errors.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { whyApart } from "./exclusion.ts";
import type { Origin } from "./bind.ts";
import type { Machine } from "./machine.ts";
import type { PortSpec } from "../config/port_spec.ts";
import { beside, understandPorts } from "../config/ports.ts";
import { resolve, type Target } from "./resolve.ts";

/** The options that say what to listen on. */
export type ListenConfig = Pick<Config, "port" | "host" | "proto" | "ipv" | "listen"> & {
  /** The type of unix sockets. */
  readonly unixType?: string | undefined;
  /** Whether datagrams may be sent to broadcast addresses. */
  readonly udpBroadcast?: boolean | undefined;
  /** The mode of unix sockets' files, in octal. */
  readonly unixMode?: string | undefined;
};

/** What planning needs. */
export interface PlanOptions {
  /** The options in force. */
  readonly config: ListenConfig;
  /** Where each value was given. */
  readonly origins: LoadedConfig["origins"];
  /** Writes a line to the log. */
  log(level: number, message: string): void;
  /** The level of the lines that a reload would only repeat. @default 2 */
  readonly stepLevel?: number;
  /** Whether there is a socket for it already. @default none is open */
  isOpen?(wanted: Wanted): boolean;
}

/** One address to bind. */
export interface Wanted extends Origin {
  /** What to bind. */
  readonly target: Target;
  /** What was asked for, the same over restarts (Net::Server's `hup_string`). */
  readonly key: string;
}

/** The addresses of one port. If it is 0, they share the number that it becomes. */
export type Group = readonly Wanted[];

/** What a target is asked for as, the same over restarts. Two ports of the same key are one port given twice. */
function keyOf({ proto, address, ipv, v6Only }: Target): string {
  const where = address.transport === "unix" ? `*|${address.path}` : `${address.hostname}|${address.port}`;
  return `${where}|${proto}|ipv${ipv}${ipv === "6" && !v6Only ? "4" : ""}`;
}

/** `Resolved [localhost]:http to [127.0.0.1]:80, IPv4`; undefined where nothing was resolved. */
function resolvedText({ host, port }: PortSpec, { address, ipv }: Target): string | undefined {
  if (address.transport === "unix") return undefined;
  if (address.hostname === host && String(address.port) === port) return undefined;
  return `Resolved [${host}]:${port} to [${address.hostname}]:${address.port}, IPv${ipv}`;
}

async function resolveWithLog(
  spec: PortSpec,
  place: Place | undefined,
  machine: Machine,
  { log, stepLevel = LEVEL.notice }: PlanOptions,
): Promise<readonly Target[]> {
  const resolution = await resolve(spec, machine);
  if (typeof resolution === "string") {
    throw new BindError(located(place, `Cannot bind port "${spec.text}": ${resolution}`), {
      address: spec.text,
    });
  }
  const { targets, notes } = resolution;
  if (targets.length > 1 && targets[0]?.address.port === 0) {
    log(stepLevel, `Determining auto-assigned port (0) for host ${spec.host} (prebind)`);
  }
  for (const target of targets) {
    const text = resolvedText(spec, target);
    if (text !== undefined) log(stepLevel, text);
  }
  for (const note of notes) log(LEVEL.notice, note);
  return targets;
}

/**
 * Those that are open already are side by side: systemd has marked them with SO_REUSEPORT.
 *
 * @throws {BindError} if the system would not bind `wanted` beside one of `others`
 */
function refuseRival(wanted: Wanted, others: readonly Wanted[], isOpen: (wanted: Wanted) => boolean): void {
  const { target, text, place } = wanted;
  for (const other of others) {
    const why = whyApart(target, other.target);
    if (why === undefined || isOpen(wanted) && isOpen(other)) continue;
    const address = formatAddress(target.address);
    const where = other.place === undefined ? "" : ` (${formatPlace(other.place)})`;
    throw new BindError(
      located(
        place,
        `Cannot bind ${address} (port "${text}"): port "${other.text}"${where} is bound to ` +
          `${formatAddress(other.target.address)}, and ${why}; remove one`,
      ),
      { address },
    );
  }
}

/**
 * What is to be bound, in the order of the configuration.
 *
 * @throws {ConfigError} if a port cannot be understood
 * @throws {BindError} if a host or a service cannot be resolved, or two ports cannot both be bound
 */
export async function planPorts(options: PlanOptions, machine: Machine): Promise<Group[]> {
  const { config, origins, log, stepLevel = LEVEL.notice, isOpen = () => false } = options;
  if (!origins.has("port")) log(stepLevel, `Port Not Defined.  Defaulting to '${config.port.join(", ")}'`);
  // Every port is understood before any name is looked up, so that an error is reported at once.
  const specs = understandPorts(options);
  const groups: Group[] = [];
  const seen = new Set<string>();
  for (const [index, spec] of specs.entries()) {
    const place = beside(origins.get("port"), index);
    const targets = await resolveWithLog(spec, place, machine, options);
    const group: Wanted[] = [];
    for (const target of targets) {
      const key = keyOf(target);
      const { transport, hostname, port, path } = target.address;
      const isFixed = transport === "unix" || port !== 0;
      if (isFixed && seen.has(key)) {
        const where = transport === "unix" ? path : `[${hostname}]:${port} with IPv${target.ipv}`;
        log(LEVEL.notice, `Duplicate configuration (${target.proto.toUpperCase()}) on ${where} - skipping`);
        continue;
      }
      seen.add(key);
      const wanted: Wanted = { target, key, text: spec.text, place };
      refuseRival(wanted, [...groups.flat(), ...group], isOpen);
      group.push(wanted);
    }
    if (group.length > 0) groups.push(group);
  }
  return groups;
}
