/**
 * A connected socket to send log lines through: opened and used without ever waiting.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { errno, libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import { closeFd } from "../os/descriptor.ts";
import { EAGAIN, EINPROGRESS, EINTR, EMSGSIZE, ENOBUFS } from "../os/errno.ts";
import { encodeSockaddr } from "../os/sockaddr.ts";
import { openSocket, type SocketKind } from "../os/socket.ts";
import { pollHere, POLLOUT } from "../os/wait.ts";

/** There is no room: to be tried again. */
export const FULL: number = -1;
/** The other end is gone: to be connected again. */
export const BROKEN: number = -2;
/** The message is larger than the system takes. */
export const TOO_LONG: number = -3;

/** Where to send to, and how. */
export interface Way {
  /** The daemon's address. */
  readonly address: Address;
  /** `stream` for TCP and for a unix socket that takes streams. */
  readonly kind: SocketKind;
}

/**
 * A socket that is connected, or for TCP on its way to be; close-on-exec and not blocking.
 *
 * @returns Its descriptor, or undefined if no daemon is there.
 */
export function connectTo({ address, kind }: Way): number | undefined {
  const fd = openSocket(address, kind);
  if (fd < 0) return undefined;
  const name = encodeSockaddr(address);
  if (libc.connect(fd, name, name.length) < 0 && errno() !== EINPROGRESS) {
    closeFd(fd);
    return undefined;
  }
  return fd;
}

const heard = new Uint8Array(256);

/**
 * Whether the other end of a stream has closed it. A first line sent to such an end would be lost without an error
 * (tcp(7)). What a log server says is thrown away.
 */
export function isClosedByPeer(fd: number): boolean {
  for (;;) {
    const length = libc.recv(fd, heard, heard.length, c.MSG_DONTWAIT);
    if (length === 0) return true;
    if (length > 0) continue;
    const number = errno();
    if (number !== EINTR) return number !== EAGAIN;
  }
}

/** Sends `bytes`; of a stream, as much as there is room for. How many went, or {@linkcode FULL} and so on. */
export function sendNow(fd: number, bytes: Uint8Array): number {
  for (;;) {
    const sent = libc.send(fd, bytes, bytes.length, c.MSG_DONTWAIT | c.MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    const number = errno();
    if (number === EINTR) continue;
    if (number === EAGAIN || number === ENOBUFS) return FULL;
    return number === EMSGSIZE ? TOO_LONG : BROKEN;
  }
}

/** Waits until a descriptor has room, at most `ms`. */
export function waitForRoom(fd: number, ms: number): boolean {
  return pollHere(fd, POLLOUT, ms);
}

/** Writes a line to the system's console, if there is one; it is never created. */
export function writeToConsole(path: string, line: string): boolean {
  const name = new TextEncoder().encode(`${path}\0`);
  const fd = libc.open(name, c.O_WRONLY | c.O_NOCTTY | c.O_CLOEXEC | c.O_NONBLOCK, 0);
  if (fd < 0) return false;
  const bytes = new TextEncoder().encode(`${line}\r\n`);
  const written = libc.write(fd, bytes, bytes.length);
  closeFd(fd);
  return written === bytes.length;
}
