/**
 * Configuration → listening sockets: inherited ones first, then the rest is bound; all or none.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { Config } from "../config/options.ts";
import { LEVEL } from "../log/line_format.ts";
import { SystemError } from "../errors.ts";
import { constants as c } from "../os/constants.ts";
import { closeFd, closeOnExec, setNonBlocking } from "../os/descriptor.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { startListening } from "../os/socket.ts";
import { addressOf, type BindOptions, bindTarget, type Bound, explain, kindOf, unbind } from "./bind.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { type Group, type PlanOptions, planPorts, type Wanted } from "./plan.ts";
import type { Protocol } from "../config/port_spec.ts";
import type { Target } from "./resolve.ts";
import { isSocketFor, type PassedSocket, takeSystemdSockets } from "./systemd.ts";
import type { SocketFile, SocketFileOptions } from "./unix_path.ts";

/** A socket that clients reach: of streams, it listens; of datagrams, it is bound. */
export interface Listener extends Bound {
  /** What was asked for, the same over restarts (Net::Server's `hup_string`). */
  readonly key: string;
  /** How it is spoken to. */
  readonly proto: Protocol;
}

/** A socket from before a restart. */
export interface InheritedSocket {
  /** The descriptor. */
  readonly fd: number;
  /** The key of the listener that it was. */
  readonly key: string;
  /** Its file, where it has one that was made for this server. */
  readonly socketFile?: SocketFile | undefined;
}

/** What listening needs. */
export interface ListenOptions extends PlanOptions {
  /** The sockets from before a restart. */
  readonly inherited: readonly InheritedSocket[];
  /** Whether it is only tried, beside the server that has the inherited sockets. */
  readonly tryOnly?: boolean | undefined;
  /** The mode and owner of the files of unix sockets. @default `unix_mode`, and as the system makes them */
  readonly socketFile?: SocketFileOptions | undefined;
  /** Where names are looked up. @default this machine */
  readonly machine?: Machine | undefined;
}

/** How often a number is drawn that must be free in two families at once. */
const DRAWS = 20;

/** `TCP port 80 on host ::1 with IPv6` */
export function describe({ proto, address, ipv }: Target): string {
  const name = proto.toUpperCase();
  return address.transport === "unix"
    ? `${name} socket file "${address.path}"`
    : `${name} port ${address.port} on host ${address.hostname} with IPv${ipv}`;
}

/** The sockets that are there already, until each is taken by the port that wants it. */
class Inheritance {
  readonly inherited: InheritedSocket[];
  readonly passed: PassedSocket[];
  /** Whether a port that has no socket yet is a new one. */
  readonly isRestart: boolean;

  constructor(inherited: readonly InheritedSocket[], passed: readonly PassedSocket[]) {
    this.inherited = [...inherited];
    this.passed = [...passed];
    this.isRestart = inherited.length > 0 || passed.length > 0;
  }

  /** Whether there is a socket for `wanted`. */
  has({ key, target }: Wanted): boolean {
    return this.inherited.some((socket) => socket.key === key) ||
      this.passed.some((socket) => isSocketFor(socket, target));
  }

  /** Takes the socket for `wanted`. The file of one that systemd passed is systemd's, and stays when this server ends. */
  take({ key, target }: Wanted): Pick<InheritedSocket, "fd" | "socketFile"> | undefined {
    const own = this.inherited.findIndex((socket) => socket.key === key);
    if (own >= 0) return this.inherited.splice(own, 1)[0];
    const passed = this.passed.findIndex((socket) => isSocketFor(socket, target));
    return passed < 0 ? undefined : { fd: (this.passed.splice(passed, 1)[0] as PassedSocket).fd };
  }
}

/** Makes an inherited descriptor like one that was bound here; a backlog that has changed takes effect. */
function adopt(
  { fd, socketFile }: Pick<InheritedSocket, "fd" | "socketFile">,
  target: Target,
  { backlog, tryOnly }: BindOptions,
): Bound {
  closeOnExec(fd);
  setNonBlocking(fd);
  const address = addressOf(fd, target);
  if (kindOf(target.proto) === "stream" && !tryOnly) startListening(fd, backlog, address);
  return { fd, address, ...(socketFile === undefined ? {} : { socketFile }) };
}

/** Whether the system chooses its number. */
export function isDrawn({ target: { address } }: Wanted): boolean {
  return address.transport !== "unix" && address.port === 0;
}

/** Binds all of `wanted` to one and the same port, which is chosen again if one of them cannot have it. */
export function bindTogether(wanted: Group, fixed: number | undefined, options: BindOptions): Listener[] {
  for (let draw = 1;; draw++) {
    const bound: Listener[] = [];
    let port = fixed;
    let current = wanted[0] as Wanted;
    try {
      for (current of wanted) {
        const own = bindTarget(current.target, options, port);
        bound.push({ ...own, key: current.key, proto: current.target.proto });
        // Only a port that was drawn is shared.
        if (isDrawn(current)) port = own.address.port;
      }
      return bound;
    } catch (error) {
      for (const one of bound) unbind(one);
      const isTaken = error instanceof SystemError && error.code === "EADDRINUSE";
      if (isTaken && port !== fixed && draw < DRAWS) continue;
      throw explain(error, current.target, current) ?? error;
    }
  }
}

function logAdopted({ fd, address }: Bound, { target }: Wanted, log: ListenOptions["log"]): void {
  const name = target.proto.toUpperCase();
  const what = address.transport === "unix"
    ? `${name} socket file "${address.path}"`
    : `${name} on [${address.hostname}]:${address.port}, using IPv${target.ipv}`;
  log(LEVEL.info, `Reassociating file descriptor ${fd} with ${what}`);
}

/** Opens the addresses of one port: those that are there already, and the others. */
function openGroup(
  group: Group,
  inheritance: Inheritance,
  options: BindOptions,
  { log, stepLevel }: Pick<ListenOptions, "log"> & { readonly stepLevel: number },
): { listeners: Listener[]; opened: Bound[] } {
  const adopted = new Map<Wanted, Bound>();
  for (const wanted of group) {
    const socket = inheritance.take(wanted);
    log(socket === undefined ? LEVEL.notice : stepLevel, `Binding to ${describe(wanted.target)}`);
    if (socket === undefined) {
      if (inheritance.isRestart) log(LEVEL.notice, "Added new port configuration");
      continue;
    }
    const bound = adopt(socket, wanted.target, options);
    adopted.set(wanted, bound);
    logAdopted(bound, wanted, (level, message) => log(Math.max(level, stepLevel), message));
  }
  const missing = group.filter((wanted) => !adopted.has(wanted));
  const known = [...adopted].find(([wanted]) => isDrawn(wanted))?.[1].address.port;
  const opened = missing.length === 0 ? [] : bindTogether(missing, known, options);
  const listeners = group.map((wanted): Listener => {
    const own = adopted.get(wanted);
    const bound = own ?? opened[missing.indexOf(wanted)] as Bound;
    if (isDrawn(wanted)) {
      log(
        own === undefined ? LEVEL.notice : stepLevel,
        `  Bound to auto-assigned port ${bound.address.port}`,
      );
    }
    return { ...bound, key: wanted.key, proto: wanted.target.proto };
  });
  return { listeners, opened };
}

/** Closes the sockets that are not configured any more. */
function closeLeft({ inherited, passed }: Inheritance, log: ListenOptions["log"]): void {
  for (const { fd, key, socketFile } of inherited) {
    log(LEVEL.notice, `Closing un-mapped port (${key}) on fd ${fd}`);
    closeListeners([{ fd, socketFile }], log);
  }
  for (const { fd, address, name } of passed) {
    log(LEVEL.notice, `Closing un-mapped port (${name}: ${formatAddress(address)}) on fd ${fd}`);
    closeFd(fd);
  }
}

/** Which of the sockets that are open no port of `groups` wants any more. */
export function givenUpBy(
  groups: readonly Group[],
  open: readonly Pick<InheritedSocket, "fd" | "key">[],
): readonly number[] {
  const keys = new Set(groups.flat().map(({ key }) => key));
  return open.filter(({ key }) => !keys.has(key)).map(({ fd }) => fd);
}

/** How many connections may wait on a listening socket: as many as the system allows, whatever is asked for. */
export function backlogOf({ listen: wanted = c.SOMAXCONN }: Pick<Config, "listen">): number {
  return Math.min(wanted, systemLimit() ?? wanted);
}

/** `net.core.somaxconn`; undefined where the system does not tell it. */
function systemLimit(): number | undefined {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** How the options want sockets to be bound. `givenUp`: sockets of this server that will be closed. */
export function bindOptionsOf(
  { config, socketFile, tryOnly = false }: Omit<ListenOptions, "inherited">,
  givenUp: readonly number[],
): BindOptions {
  const mode = config.unixMode === undefined ? undefined : parseInt(config.unixMode.replace(/^0o/, ""), 8);
  return {
    backlog: config.listen ?? c.SOMAXCONN,
    broadcast: config.udpBroadcast ?? false,
    socketFile: { mode, ...socketFile },
    givenUp,
    tryOnly,
  };
}

/**
 * Opens all ports.
 *
 * @returns The listeners in the order of the configuration, and the inherited sockets that are not configured any more,
 * closed.
 * @throws {ConfigError} if a port cannot be understood (status 78)
 * @throws {BindError} if one cannot be opened (status 69, or 77 where a right is missing); those that were opened for
 * it are closed again, and the inherited ones stay open
 */
export async function listen(
  options: ListenOptions,
): Promise<{ listeners: Listener[]; unmapped: InheritedSocket[] }> {
  const { log } = options;
  const passed = takeSystemdSockets(log);
  // A reload goes on with the sockets that are there. Its new ports were told of before (`openAdded`).
  const stepLevel = options.inherited.length > 0 ? LEVEL.debug : LEVEL.notice;
  const inheritance = new Inheritance(options.inherited, passed);
  const isOpen = (wanted: Wanted) => inheritance.has(wanted);
  const groups = await planPorts({ ...options, stepLevel, isOpen }, options.machine ?? thisMachine);
  const bindOptions = bindOptionsOf(options, givenUpBy(groups, options.inherited));
  const listeners: Listener[] = [];
  const opened: Bound[] = [];
  try {
    for (const group of groups) {
      const result = openGroup(group, inheritance, bindOptions, { log, stepLevel });
      listeners.push(...result.listeners);
      opened.push(...result.opened);
    }
  } catch (error) {
    for (const bound of opened) unbind(bound);
    throw error;
  }
  closeLeft(inheritance, log);
  return { listeners, unmapped: inheritance.inherited };
}

/** A listener as one could write it as a port: `127.0.0.1:80`, `[::1]:53/udp`, `/run/x.sock|unix`. */
export function formatListener({ address, proto }: Pick<Listener, "address" | "proto">): string {
  const separator = address.transport === "unix" ? "|" : "/";
  return formatAddress(address) + (proto === "tcp" ? "" : separator + proto);
}

/**
 * Closes the sockets of listeners for good, and removes the files of those that have one. A file that cannot be removed
 * is told of: a server that gave up its rights may not change the folder. The next start takes its place.
 */
export function closeListeners(
  listeners: readonly Omit<InheritedSocket, "key">[],
  log: ListenOptions["log"] = () => {},
): void {
  for (const listener of listeners) {
    try {
      unbind(listener);
    } catch (error) {
      const { path } = listener.socketFile as SocketFile;
      log(
        LEVEL.warning,
        `Cannot remove the socket file "${path}": ${
          (error as Error).message
        }; the next start will replace it`,
      );
    }
  }
}
