/**
 * Sockets: create, bind, accept, receive, send. Expected outcomes are return values, surprises are errors.
 *
 * @module
 */

import type { Address } from "../context.ts";
import { libc } from "./calls.ts";
import { constants as c, isLinux } from "./constants.ts";
import { setCloseOnExec, setNonBlocking } from "./descriptor.ts";
import { systemError } from "./errno.ts";
import { decodeSockaddr, encodeSockaddr, formatAddress, SOCKADDR_SIZE } from "./sockaddr.ts";

// SOCK_CLOEXEC and SOCK_NONBLOCK of Linux, which accept4 and socket take.
const LINUX_FLAGS = 0o2000000 | 0o4000;

/** Which side `shutdown(2)` closes: reading, writing, or both. */
export const SHUT_RD = 0;
/** See {@linkcode SHUT_RD}. */
export const SHUT_WR = 1;
/** See {@linkcode SHUT_RD}. */
export const SHUT_RDWR = 2;

const int = new Uint8Array(4);
const name = new Uint8Array(SOCKADDR_SIZE);
const nameLength = new Uint32Array(1);
const nameLengthBytes = new Uint8Array(nameLength.buffer);

function setOption(fd: number, level: number, option: number, value: number): void {
  new DataView(int.buffer).setInt32(0, value, true);
  if (libc.setsockopt(fd, level, option, int, 4) < 0) {
    throw systemError("setsockopt", `set option ${option} of a socket`);
  }
}

/** A stream socket that listens on `address`, close-on-exec and not blocking. */
export function listenOn(address: Address, options: { backlog: number; v6Only: boolean }): number {
  const isV6 = address.hostname.includes(":");
  const family = address.transport === "unix" ? c.AF_UNIX : isV6 ? c.AF_INET6 : c.AF_INET;
  const fd = libc.socket(family, c.SOCK_STREAM | (isLinux ? LINUX_FLAGS : 0), 0);
  if (fd < 0) throw systemError("socket", `create a socket for ${formatAddress(address)}`);
  try {
    if (!isLinux) {
      setCloseOnExec(fd, { on: true });
      setNonBlocking(fd);
    }
    if (family !== c.AF_UNIX) setOption(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    if (isV6) setOption(fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, options.v6Only ? 1 : 0);
    const bytes = encodeSockaddr(address);
    if (libc.bind(fd, bytes, bytes.length) < 0) throw systemError("bind", `bind ${formatAddress(address)}`);
    if (libc.listen(fd, options.backlog) < 0) {
      throw systemError("listen", `listen on ${formatAddress(address)}`);
    }
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/**
 * Takes a client of listener `fd` if one waits; its address is left in `peer` and its length in `peerLength`.
 * The new descriptor is close-on-exec and does not block. Returns -1 with errno as `accept4(2)` does.
 */
export function acceptNow(fd: number, peer: Uint8Array, peerLength: Uint8Array): number {
  if (isLinux) return libc.accept4(fd, peer, peerLength, LINUX_FLAGS);
  const client = libc.accept(fd, peer, peerLength);
  if (client >= 0) {
    setCloseOnExec(client, { on: true });
    setNonBlocking(client);
  }
  return client;
}

/** The address of this end of a socket. */
export function localAddress(fd: number): Address {
  nameLength[0] = SOCKADDR_SIZE;
  if (libc.getsockname(fd, name, nameLengthBytes) < 0) {
    throw systemError("getsockname", "read a socket's address");
  }
  return decodeSockaddr(name, nameLength[0] as number);
}

/** The address of the other end, or undefined where there is none any more. */
export function peerAddress(fd: number): Address | undefined {
  nameLength[0] = SOCKADDR_SIZE;
  if (libc.getpeername(fd, name, nameLengthBytes) < 0) return undefined;
  return decodeSockaddr(name, nameLength[0] as number);
}

/** Sends small packets at once (`TCP_NODELAY`), or gathers them. */
export function setNoDelay(fd: number, { on }: { on: boolean }): void {
  setOption(fd, c.IPPROTO_TCP, c.TCP_NODELAY, on ? 1 : 0);
}
