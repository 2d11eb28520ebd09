/**
 * A pair of connected sockets that carry whole messages: what is sent at once is received at once.
 *
 * @module
 */

import { errno, libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { closeOnExec, type Pipe, setNonBlocking } from "./descriptor.ts";
import { EAGAIN, EINTR, ENOBUFS, systemError } from "./errno.ts";

const FLAGS = c.MSG_NOSIGNAL | c.MSG_DONTWAIT;

/** A pair, close-on-exec and not blocking. What is written to one end is read from the other. */
export function createMessagePair(): Pipe {
  const ends = new Int32Array(2);
  const type = isLinux ? linux.SOCK_SEQPACKET : c.SOCK_DGRAM;
  if (libc.socketpair(c.AF_UNIX, type, 0, new Uint8Array(ends.buffer)) < 0) {
    throw systemError("socketpair", "create a pair of sockets");
  }
  for (const fd of ends) {
    closeOnExec(fd);
    setNonBlocking(fd);
  }
  return { read: ends[0] as number, write: ends[1] as number };
}

/** Sends one message. 0: it is sent; {@linkcode EAGAIN}: there is no room now; else the error number. */
export function sendMessage(fd: number, message: Uint8Array): number {
  for (;;) {
    if (libc.send(fd, message, message.length, FLAGS) >= 0) return 0;
    const code = errno();
    if (code === ENOBUFS) return EAGAIN;
    if (code !== EINTR) return code;
  }
}

/** Takes one message into `buffer`. Returns its length, or -1 if there is none. */
export function receiveMessage(fd: number, buffer: Uint8Array): number {
  for (;;) {
    const length = libc.recv(fd, buffer, buffer.length, FLAGS);
    if (length >= 0) return length;
    const code = errno();
    if (code === EAGAIN) return -1;
    if (code !== EINTR) throw systemError("recv", "receive a child's message", code);
  }
}
