/**
 * Sockets: create, bind, accept, receive, send. Expected outcomes are return values, surprises are errors.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { errno, libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { closeOnExec, setNonBlocking } from "./descriptor.ts";
import { EAGAIN, EINTR, ENOBUFS, errnoName, systemError } from "./errno.ts";
import { SHORT_WAIT_MS } from "./wait.ts";
import { decodeSockaddr, encodeSockaddr, formatAddress, SOCKADDR_SIZE } from "./sockaddr.ts";

// What accept4 and socket take on Linux.
const LINUX_FLAGS = linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK;
/** The size of `struct timeval`. */
export const TIMEVAL_SIZE = 16;

/** Which side `shutdown(2)` closes: reading, writing, or both. */
export const { SHUT_RD, SHUT_WR, SHUT_RDWR } = c;

/** What a socket carries: a stream of bytes, or messages. */
export type SocketKind = "stream" | "datagram";

const int = new Uint8Array(4);
const name = new Uint8Array(SOCKADDR_SIZE);
const nameLength = new Uint32Array(1);
const nameLengthBytes = new Uint8Array(nameLength.buffer);

/** Sets an option that is an int. @throws {SystemError} */
export function setOption(fd: number, level: number, option: number, value: number): void {
  new DataView(int.buffer).setInt32(0, value, true);
  if (libc.setsockopt(fd, level, option, int, 4) < 0) {
    throw systemError("setsockopt", `set option ${option} of a socket`);
  }
}

/** A `struct timeval` of so many milliseconds. */
function timeval(milliseconds: number): Uint8Array {
  const seconds = Math.floor(milliseconds / 1000);
  return new Uint8Array(
    BigInt64Array.of(BigInt(seconds), BigInt((milliseconds - seconds * 1000) * 1000)).buffer,
  );
}

const noTime = timeval(0);

/** Limits how long a `recv(2)` of a blocking socket waits (`SO_RCVTIMEO`, socket(7)). 0 is no limit. */
export function setReceiveTimeout(fd: number, timeoutMs: number): void {
  const time = timeoutMs === 0 ? noTime : timeval(timeoutMs);
  if (libc.setsockopt(fd, c.SOL_SOCKET, c.SO_RCVTIMEO, time, TIMEVAL_SIZE) < 0) {
    throw systemError("setsockopt", "limit how long a socket waits");
  }
}

/** The value of an option of SOL_SOCKET, or undefined where `fd` is no socket. */
export function getOption(fd: number, option: number): number | undefined {
  nameLength[0] = 4;
  if (libc.getsockopt(fd, c.SOL_SOCKET, option, int, nameLengthBytes) < 0) return undefined;
  return new DataView(int.buffer).getInt32(0, true);
}

/** A new socket for `address`, close-on-exec and not blocking, or -1 with errno as `socket(2)` does. */
export function openSocket(address: Address, kind: SocketKind): number {
  const family = address.transport === "unix"
    ? c.AF_UNIX
    : address.hostname.includes(":")
    ? c.AF_INET6
    : c.AF_INET;
  const type = kind === "stream" ? c.SOCK_STREAM : c.SOCK_DGRAM;
  const fd = libc.socket(family, type | (isLinux ? LINUX_FLAGS : 0), 0);
  if (fd >= 0 && !isLinux) {
    closeOnExec(fd);
    setNonBlocking(fd);
  }
  return fd;
}

function createSocket(address: Address, kind: SocketKind): number {
  const fd = openSocket(address, kind);
  if (fd < 0) throw systemError("socket", `create a socket for ${formatAddress(address)}`);
  return fd;
}

/** Calls `prepare` with a new socket, and closes that again if it throws. */
function withSocket(address: Address, kind: SocketKind, prepare: (fd: number) => void): number {
  const fd = createSocket(address, kind);
  try {
    prepare(fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

function bind(fd: number, address: Address, options: { v6Only: boolean }): void {
  if (address.hostname.includes(":")) {
    setOption(fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, options.v6Only ? 1 : 0);
  }
  const bytes = encodeSockaddr(address);
  if (libc.bind(fd, bytes, bytes.length) < 0) throw systemError("bind", `bind ${formatAddress(address)}`);
}

/** A stream socket that is bound to `address` and does not listen yet, close-on-exec and not blocking. */
export function bindStream(address: Address, options: { v6Only: boolean; reusePort?: boolean }): number {
  return withSocket(address, "stream", (fd) => {
    if (options.reusePort) setOption(fd, c.SOL_SOCKET, c.SO_REUSEPORT, 1);
    if (address.transport !== "unix") setOption(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    if (isLinux && address.transport === "tcp") setReceiveTimeout(fd, SHORT_WAIT_MS); // see doClientsWait
    bind(fd, address, options);
  });
}

/** Lets a bound socket take clients, `backlog` of them before they are accepted; also changes that number. */
export function startListening(fd: number, backlog: number, address: Address): void {
  if (libc.listen(fd, backlog) < 0) throw systemError("listen", `listen on ${formatAddress(address)}`);
}

/** A stream socket that listens on `address`, close-on-exec and not blocking. */
export function listenOn(address: Address, options: { backlog: number; v6Only: boolean }): number {
  const fd = bindStream(address, options);
  try {
    startListening(fd, options.backlog, address);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/**
 * A datagram socket that is bound to `address`, close-on-exec and not blocking. Other than Net::Server it does not
 * set SO_REUSEADDR, with which a second server on the same port would take the first one's datagrams (socket(7)).
 */
export function bindDatagram(
  address: Address,
  options: { v6Only: boolean; broadcast?: boolean; reusePort?: boolean },
): number {
  return withSocket(address, "datagram", (fd) => {
    if (options.reusePort) setOption(fd, c.SOL_SOCKET, c.SO_REUSEPORT, 1);
    if (options.broadcast && address.transport !== "unix") setOption(fd, c.SOL_SOCKET, c.SO_BROADCAST, 1);
    bind(fd, address, options);
  });
}

/** What a descriptor's socket carries; undefined where the descriptor is no socket of these kinds. */
export function socketKind(fd: number): SocketKind | undefined {
  const type = getOption(fd, c.SO_TYPE);
  return type === c.SOCK_STREAM ? "stream" : type === c.SOCK_DGRAM ? "datagram" : undefined;
}

/**
 * Tries to connect a socket of its own to `address`, and closes it again.
 *
 * @returns Undefined if a process listens, otherwise the error's name: `ECONNREFUSED` if none does.
 */
export function tryConnect(address: Address, kind: SocketKind): string | undefined {
  const fd = createSocket(address, kind);
  const bytes = encodeSockaddr(address);
  const failure = libc.connect(fd, bytes, bytes.length) < 0 ? errnoName(errno()) : undefined;
  libc.close(fd);
  return failure;
}

/**
 * Takes a client of listener `fd` if one waits; its address is left in `peer` and its length in `peerLength`.
 * The new descriptor is close-on-exec and does not block. Returns -1 with errno as `accept4(2)` does.
 */
export function acceptNow(fd: number, peer: Uint8Array, peerLength: Uint8Array): number {
  if (isLinux) return libc.accept4(fd, peer, peerLength, LINUX_FLAGS);
  const client = libc.accept(fd, peer, peerLength);
  if (client >= 0) {
    closeOnExec(client);
    setNonBlocking(client);
  }
  return client;
}

/** The same, on Linux, for a client whose `recv(2)` waits as {@linkcode doClientsWait} says. */
export function acceptBlocking(fd: number, peer: Uint8Array, peerLength: Uint8Array): number {
  return libc.accept4(fd, peer, peerLength, linux.SOCK_CLOEXEC);
}

/** A datagram that was received. */
export interface Datagram {
  /** How many bytes it has. With MSG_TRUNC in the flags, that may be more than there was room for (recv(2)). */
  readonly length: number;
  /** Who sent it. A `unix` sender that bound no path has an empty one and cannot be answered. */
  readonly peer: Address;
  /** The same as the system wrote it, for {@linkcode sendTo}: it keeps an IPv6 address's zone. */
  readonly peerName: Uint8Array;
}

/**
 * Takes a datagram into `bytes` if one waits, without blocking; what has no room is lost. Children may wait for the
 * same socket, so that another may have taken it.
 *
 * @param flags Flags of recv(2), such as 2 for MSG_PEEK (`udp_recv_flags`).
 * @returns Undefined if there is none.
 * @throws {SystemError}
 */
export function receiveFrom(fd: number, bytes: Uint8Array, flags = 0): Datagram | undefined {
  for (;;) {
    nameLength[0] = SOCKADDR_SIZE;
    const wanted = flags | c.MSG_DONTWAIT;
    const length = libc.recvfrom(fd, bytes, bytes.length, wanted, name, nameLengthBytes);
    if (length >= 0) {
      const peerName = name.slice(0, nameLength[0]);
      const peer = peerName.length < 3
        ? { transport: "unix", hostname: "", port: 0, path: "" } as const
        : decodeSockaddr(peerName, peerName.length, "udp");
      return { length, peer, peerName };
    }
    const number = errno();
    if (number === EAGAIN) return undefined;
    if (number !== EINTR) throw systemError("recvfrom", "receive a datagram", number);
  }
}

/**
 * Sends `bytes` as one datagram, without blocking.
 *
 * @param to An address, or a {@linkcode Datagram}'s `peerName`.
 * @returns Whether the system had room for it.
 * @throws {SystemError} if it is too long (EMSGSIZE), or there is no way to the peer
 */
export function sendTo(fd: number, bytes: Uint8Array, to: Address | Uint8Array): boolean {
  const target = to instanceof Uint8Array ? to : encodeSockaddr(to);
  const flags = c.MSG_DONTWAIT | c.MSG_NOSIGNAL;
  for (;;) {
    if (libc.sendto(fd, bytes, bytes.length, flags, target, target.length) >= 0) return true;
    const number = errno();
    if (number === EAGAIN || number === ENOBUFS) return false;
    if (number !== EINTR) {
      const where = to instanceof Uint8Array ? "its sender" : formatAddress(to);
      throw systemError("sendto", `send a datagram to ${where}`, number);
    }
  }
}

/** Sends of a stream what the socket takes at once. Gives how many bytes that was, or the negative error number. */
export function sendNow(fd: number, bytes: Uint8Array): number {
  let sent = 0;
  while (sent < bytes.length) {
    const rest = sent === 0 ? bytes : bytes.subarray(sent);
    // A peer that has gone is an error and no SIGPIPE.
    const n = libc.send(fd, rest, rest.length, c.MSG_NOSIGNAL | c.MSG_DONTWAIT);
    if (n >= 0) sent += n;
    else {
      const code = errno();
      if (code === EAGAIN) break;
      if (code !== EINTR) return -code;
    }
  }
  return sent;
}

/** Receives of a stream, with flags of recv(2): how many bytes, 0 at the end, or the negative error number. */
export function receiveOnce(fd: number, bytes: Uint8Array, flags: number): number {
  for (;;) {
    const n = libc.recv(fd, bytes, bytes.length, flags);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/** The address of this end of a socket. */
export function localAddress(fd: number): Address {
  nameLength[0] = SOCKADDR_SIZE;
  if (libc.getsockname(fd, name, nameLengthBytes) < 0) {
    throw systemError("getsockname", "read a socket's address");
  }
  return decodeSockaddr(name, nameLength[0] as number);
}

/** The `struct sockaddr` of the other end, or undefined where there is none any more. */
export function peerName(fd: number): Uint8Array | undefined {
  nameLength[0] = SOCKADDR_SIZE;
  if (libc.getpeername(fd, name, nameLengthBytes) < 0) return undefined;
  return name.slice(0, nameLength[0]);
}

/** The address of the other end, or undefined where there is none any more. */
export function peerAddress(fd: number): Address | undefined {
  const bytes = peerName(fd);
  return bytes && decodeSockaddr(bytes, bytes.length);
}

/** Sends small packets at once (`TCP_NODELAY`), or gathers them. */
export function setNoDelay(fd: number, { on }: { on: boolean }): void {
  setOption(fd, c.IPPROTO_TCP, c.TCP_NODELAY, on ? 1 : 0);
}
