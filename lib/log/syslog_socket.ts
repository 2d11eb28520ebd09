/**
 * A connected socket to send log lines through: opened and used without ever waiting.
 *
 * @module
 */

import type { Address } from "../context.ts";
import { errno, libc } from "../os/calls.ts";
import { constants as c, isLinux } from "../os/constants.ts";
import { closeFd, setCloseOnExec, setNonBlocking } from "../os/descriptor.ts";
import { EAGAIN, EINTR, ENOBUFS } from "../os/errno.ts";
import { encodeSockaddr } from "../os/sockaddr.ts";
import { runtime } from "../runtime/choose.ts";
import { type CallTable, libcNames } from "../runtime/runtime.ts";

const CONNECT = {
  connect: { args: ["i32", "buffer", "u32"], result: "i32" }, // int connect(int, const struct sockaddr *, socklen_t)
} as const satisfies CallTable;

const connectLibc = runtime.open(libcNames(runtime.platform, runtime.arch), CONNECT);

const EINPROGRESS = isLinux ? 115 : 36;
const EMSGSIZE = isLinux ? 90 : 40;
// SOCK_CLOEXEC and SOCK_NONBLOCK of Linux, the same numbers as O_CLOEXEC and O_NONBLOCK.
const LINUX_FLAGS = 0o2000000 | 0o4000;
const O_WRONLY = 1;
const O_NOCTTY = isLinux ? 0o400 : 0x20000;
const O_CLOEXEC = isLinux ? 0o2000000 : 0x1000000;
const POLLOUT = 4;

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
  readonly kind: "stream" | "datagram";
}

/**
 * A socket that is connected, or for TCP on its way to be; close-on-exec and not blocking.
 *
 * @returns Its descriptor, or undefined where nobody is there.
 */
export function connectTo({ address, kind }: Way): number | undefined {
  const family = address.transport === "unix"
    ? c.AF_UNIX
    : address.hostname.includes(":")
    ? c.AF_INET6
    : c.AF_INET;
  const type = kind === "stream" ? c.SOCK_STREAM : c.SOCK_DGRAM;
  const fd = libc.socket(family, type | (isLinux ? LINUX_FLAGS : 0), 0);
  if (fd < 0) return undefined;
  if (!isLinux) {
    setCloseOnExec(fd, { on: true });
    setNonBlocking(fd);
  }
  const name = encodeSockaddr(address);
  if (connectLibc.connect(fd, name, name.length) < 0 && errno() !== EINPROGRESS) {
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
  const pollfd = new DataView(new ArrayBuffer(8));
  pollfd.setInt32(0, fd, true);
  pollfd.setInt16(4, POLLOUT, true);
  return libc.poll(new Uint8Array(pollfd.buffer), 1, ms) > 0;
}

/** Writes a line to the system's console, if there is one; it is never created. */
export function writeToConsole(path: string, line: string): boolean {
  const name = new TextEncoder().encode(`${path}\0`);
  const fd = libc.open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC | c.O_NONBLOCK, 0);
  if (fd < 0) return false;
  const bytes = new TextEncoder().encode(`${line}\r\n`);
  const written = libc.write(fd, bytes, bytes.length);
  closeFd(fd);
  return written === bytes.length;
}
