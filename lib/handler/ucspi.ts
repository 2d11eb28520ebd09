/**
 * What a program is told of its client by its environment: UCSPI's variables as `tcpserver` and `unixserver` set them,
 * and those of inetd's successors. Pure.
 *
 * @module
 */

import type { Address } from "../address.ts";
import type { PeerProcess } from "../os/peer_process.ts";

/** The most variables that {@linkcode clientVariables} gives. */
export const MOST_VARIABLES = 16;

/** Names that say something of a client, a server or a child, be it of this one or of one that started this one. */
const FOREIGN =
  /^(?:TCP6?|UNIX)(?:LOCAL|REMOTE)[A-Z]+$|^TCP6?INTERFACE$|^PROTO$|^REMOTE_(?:ADDR|HOST|PORT)$|^TINE_/;
/** What systemd tells only the service that it started (sd_listen_fds(3), sd_notify(3)). */
const SERVICE = /^LISTEN_(?:FDS|PID|FDNAMES|PIDFDID)$|^NOTIFY_SOCKET$|^WATCHDOG_(?:USEC|PID)$/;

/** A client, as far as its program is told. */
export interface ProgramClient {
  readonly remote: Address;
  readonly local: Address;
  /** Its name, if it was looked up and has one. */
  readonly hostname?: string | undefined;
  /** For a unix socket: who is at the other end, if the system tells. */
  readonly remoteProcess?: PeerProcess | undefined;
}

/** The part of an environment that a program is given as it is, as `NAME=value`. */
export function ownEnvironment(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment)
    .filter(([name]) => !FOREIGN.test(name) && !SERVICE.test(name))
    .map(([name, value]) => `${name}=${value}`);
}

/** The variables for a client, as `NAME=value`. */
export function clientVariables(client: ProgramClient): string[] {
  return client.local.transport === "unix" ? unixVariables(client) : tcpVariables(client);
}

/** An IPv4 client of a socket for both families is one of IPv4 to programs too. */
function plainAddress(address: Address): string {
  return address.hostname.startsWith("::ffff:") && address.hostname.includes(".")
    ? address.hostname.slice("::ffff:".length)
    : address.hostname;
}

function tcpVariables({ remote, local, hostname }: ProgramClient): string[] {
  const remoteIp = plainAddress(remote);
  const localIp = plainAddress(local);
  const isV6 = remoteIp.includes(":");
  const named = (prefix: string) => [
    `${prefix}LOCALIP=${localIp}`,
    `${prefix}LOCALPORT=${local.port}`,
    `${prefix}REMOTEIP=${remoteIp}`,
    `${prefix}REMOTEPORT=${remote.port}`,
    ...(hostname === undefined ? [] : [`${prefix}REMOTEHOST=${hostname}`]),
  ];
  return [
    // The version for IPv6 of ucspi-tcp sets both sets of names; programs that know one of them find it.
    `PROTO=${isV6 ? "TCP6" : "TCP"}`,
    ...named("TCP"),
    ...(isV6 ? named("TCP6") : []),
    // systemd with Accept=yes (systemd.socket(5)); REMOTE_HOST is xinetd's, and Net::Server::INET's.
    `REMOTE_ADDR=${remoteIp}`,
    `REMOTE_PORT=${remote.port}`,
    `REMOTE_HOST=${hostname ?? remoteIp}`,
  ];
}

function unixVariables({ remote, local, remoteProcess }: ProgramClient): string[] {
  return [
    "PROTO=UNIX",
    `UNIXLOCALPATH=${local.path ?? ""}`,
    // Chosen by the client, and most have none.
    ...(remote.path ? [`UNIXREMOTEPATH=${remote.path}`] : []),
    ...(remoteProcess === undefined ? [] : [
      `UNIXREMOTEEUID=${remoteProcess.uid}`,
      `UNIXREMOTEEGID=${remoteProcess.gid}`,
      `UNIXREMOTEPID=${remoteProcess.pid}`,
    ]),
  ];
}
