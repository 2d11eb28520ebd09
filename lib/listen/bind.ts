/**
 * An address → a bound socket, or a BindError that says why not and what to do.
 *
 * @module
 */

import { unsharePort } from "../os/shared_port.ts";
import type { Address } from "../address.ts";
import { BindError, located, type Place, SystemError } from "../errors.ts";
import { EX_NOPERM } from "../exit_codes.ts";
import { closeFd } from "../os/descriptor.ts";
import { errnoSentence } from "../os/errno.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { bindDatagram, bindStream, localAddress, type SocketKind, startListening } from "../os/socket.ts";
import { beside, rivalsOf } from "./own_rivals.ts";
import type { Protocol } from "../config/port_spec.ts";
import type { Target } from "./resolve.ts";
import {
  clearPath,
  dressSocketFile,
  PathFault,
  removeSocketFile,
  type SocketFile,
  socketFileAt,
  type SocketFileOptions,
} from "./unix_path.ts";

/** How sockets are to be bound. */
export interface BindOptions {
  /** Clients that the system may queue before they are accepted. */
  readonly backlog: number;
  /** Whether datagrams may be sent to broadcast addresses (`udp_broadcast`). */
  readonly broadcast: boolean;
  /** The mode and owner of the files of unix sockets. */
  readonly socketFile: SocketFileOptions;
  /** Sockets of this server that are to be closed: they are no reason to refuse a port that they have. */
  readonly givenUp: readonly number[];
  /** Whether this only tests that the port is free: no client may reach a socket that is closed again. */
  readonly tryOnly: boolean;
}

/** A bound socket; one of streams listens. */
export interface Bound {
  /** Close-on-exec and not blocking. */
  readonly fd: number;
  /** As bound, with the number that port 0 became. */
  readonly address: Address;
  /** Its file, if it has one. */
  readonly socketFile?: SocketFile;
}

/** What a port's sockets carry. */
export function kindOf(proto: Protocol): SocketKind {
  return proto === "udp" || proto === "unixdgram" ? "datagram" : "stream";
}

/** The address that a socket has, in the words of its target. */
export function addressOf(fd: number, target: Target): Address {
  if (target.address.transport === "unix") return target.address;
  return { ...localAddress(fd), transport: target.address.transport };
}

/**
 * Binds one address.
 *
 * @param target What to bind.
 * @param port The port, where it is not the target's own.
 * @throws {SystemError} as the system says
 * @throws {PathFault} if something is in the way of a unix socket
 */
export function bindTarget(target: Target, options: BindOptions, port = target.address.port): Bound {
  const address: Address = { ...target.address, port };
  const { v6Only, proto } = target;
  const path = address.transport === "unix" ? address.path ?? "" : undefined;
  if (path !== undefined) {
    const fault = clearPath(path);
    if (fault !== undefined) throw fault;
  }
  const kind = kindOf(proto);
  const rivals = rivalsOf(options.givenUp, kind, address);
  // A datagram socket takes its clients from the moment when it is bound: that its address is there has to do.
  if (options.tryOnly && rivals.length > 0 && kind === "datagram") return bindTarget(target, options, 0);
  return beside(
    rivals,
    () => bindAlone({ address, v6Only, kind, path, isBeside: rivals.length > 0 }, options, target),
  );
}

/** What is bound. */
interface Wish {
  readonly address: Address;
  readonly v6Only: boolean;
  readonly kind: SocketKind;
  readonly path: string | undefined;
  /** Whether other sockets of this server have the port. */
  readonly isBeside: boolean;
}

function bindAlone(
  { address, v6Only, kind, path, isBeside }: Wish,
  options: BindOptions,
  target: Target,
): Bound {
  const fd = kind === "stream"
    ? bindStream(address, { v6Only, reusePort: isBeside })
    : bindDatagram(address, { v6Only, reusePort: isBeside, broadcast: options.broadcast });
  let socketFile: SocketFile | undefined;
  try {
    if (path !== undefined) {
      socketFile = socketFileAt(path);
      dressSocketFile(path, options.socketFile);
    }
    // Last, because from here on clients are taken: of a unix socket, with the mode that it is to have.
    if (kind === "stream" && !options.tryOnly) startListening(fd, options.backlog, address);
    if (isBeside) unsharePort(fd);
    return { fd, address: addressOf(fd, target), ...(socketFile === undefined ? {} : { socketFile }) };
  } catch (error) {
    unbind({ fd, ...(socketFile === undefined ? {} : { socketFile }) });
    throw error;
  }
}

/** Closes a socket and removes its file, if that is still its own. */
export function unbind(
  { fd, socketFile }: { readonly fd: number; readonly socketFile?: SocketFile | undefined },
): void {
  closeFd(fd);
  if (socketFile !== undefined) removeSocketFile(socketFile);
}

/** Where an address comes from, for messages. */
export interface Origin {
  /** What was written. */
  readonly text: string;
  /** Where it was written. */
  readonly place: Place | undefined;
}

const PATH_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "give this user the right to write in its folder, or choose another path",
  ENOENT: "create its folder, or choose another path",
  ENOTDIR: "create its folder, or choose another path",
  EROFS: "choose a path where files can be created",
  EADDRINUSE: "stop the other server or choose another path",
  EPERM: "start as root, or leave its owner as it is",
};

const PORT_REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "stop the other server or choose another port",
  EADDRNOTAVAIL: "give an address of this machine",
  EMFILE: "raise the limit of open files (ulimit -n)",
  ENFILE: "raise the limit of open files (fs.file-max)",
};

function remedyFor(code: string, { transport, hostname, port }: Address): string {
  if (transport === "unix") return PATH_REMEDIES[code] ?? "choose another path";
  if (code === "EAFNOSUPPORT") {
    return hostname.includes(":")
      ? "this machine has no IPv6: give ipv = 4"
      : "this machine has no IPv4: give ipv = 6";
  }
  if (code === "EACCES" && port > 0 && port < 1024) {
    return "start as root, give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 on";
  }
  return PORT_REMEDIES[code] ?? "choose another address or port";
}

/**
 * What a failure to bind means to a person.
 *
 * @param error What {@linkcode bindTarget} threw.
 * @param target What was to be bound.
 * @param origin Where it comes from.
 * @returns Undefined if it is a fault of another kind.
 */
export function explain(error: unknown, target: Target, { text, place }: Origin): BindError | undefined {
  const address = formatAddress(target.address);
  const what = `Cannot bind ${address} (port "${text}")`;
  if (error instanceof PathFault) {
    return new BindError(located(place, `${what}: ${error.reason}`), { address });
  }
  // What node:fs throws has a code too: an owner that may not be set, a file that may not be removed.
  const code = (error as { code?: unknown }).code;
  if (!(error instanceof SystemError) && (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code))) {
    return undefined;
  }
  const why = `${errnoSentence(String(code))}; ${remedyFor(String(code), target.address)}`;
  return new BindError(located(place, `${what}: ${why}`), {
    address,
    cause: error,
    ...(code === "EACCES" || code === "EPERM" ? { exitCode: EX_NOPERM } : {}),
  });
}
