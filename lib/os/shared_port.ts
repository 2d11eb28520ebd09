/**
 * Two sockets of one user on the same port (socket(7), SO_REUSEPORT).
 *
 * @module
 */

import { constants as c } from "./constants.ts";
import { setOption } from "./socket.ts";

/** Lets sockets of this user be bound to the same port while each of them is so marked. */
export function sharePort(fd: number): void {
  setOption(fd, c.SOL_SOCKET, c.SO_REUSEPORT, 1);
}

/** Takes back {@linkcode sharePort}. */
export function unsharePort(fd: number): void {
  setOption(fd, c.SOL_SOCKET, c.SO_REUSEPORT, 0);
}
