/**
 * Sending without waiting.
 *
 * @module
 */

import { errno, libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import { EAGAIN, EINTR } from "../os/errno.ts";

// A peer that has gone is an error and no SIGPIPE.
const FLAGS = c.MSG_NOSIGNAL | c.MSG_DONTWAIT;

/** Sends what the socket takes at once. Returns how many bytes that was, or the negative error number. */
export function sendNow(fd: number, bytes: Uint8Array): number {
  let sent = 0;
  while (sent < bytes.length) {
    const rest = sent === 0 ? bytes : bytes.subarray(sent);
    const n = libc.send(fd, rest, rest.length, FLAGS);
    if (n >= 0) sent += n;
    else {
      const code = errno();
      if (code === EAGAIN) break;
      if (code !== EINTR) return -code;
    }
  }
  return sent;
}
