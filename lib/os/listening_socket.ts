/**
 * What a listening socket tells of itself and of its clients.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { getOption, TIMEVAL_SIZE } from "./socket.ts";

const length = new Uint32Array(1);
const lengthBytes = new Uint8Array(length.buffer);

/** Whether a stream socket listens, so that clients can be accepted from it. */
export function isListening(fd: number): boolean {
  return (getOption(fd, c.SO_ACCEPTCONN) ?? 0) !== 0;
}

/**
 * Whether a `recv(2)` of the clients of listener `fd` waits, for {@linkcode SHORT_WAIT_MS}, so that no `poll(2)` has to
 * come before it. They must be accepted with {@linkcode acceptBlocking} then.
 *
 * On Linux a client inherits the limit as it was when it connected. So it is set before a socket of ours listens; one
 * that another program made has none, and clients that connected before would wait without end.
 */
export function doClientsWait(fd: number, address: Address): boolean {
  if (!isLinux || address.transport !== "tcp") return false;
  const time = new Uint8Array(TIMEVAL_SIZE);
  length[0] = time.length;
  return libc.getsockopt(fd, c.SOL_SOCKET, c.SO_RCVTIMEO, time, lengthBytes) >= 0 &&
    time.some((byte) => byte !== 0);
}

const tcpInfo = new Uint8Array(linux.tcpiUnackedOffset + 4);

/** How many clients wait on all of these sockets; undefined if the system does not say for one of them. */
export function queuedClientsOf(listeners: readonly { readonly fd: number }[]): number | undefined {
  let all = 0;
  for (const { fd } of listeners) {
    const queued = queuedClients(fd);
    if (queued === undefined) return undefined;
    all += queued;
  }
  return all;
}

/** How many clients wait on a listening TCP socket to be accepted; undefined where the system does not say. */
function queuedClients(fd: number): number | undefined {
  if (!isLinux) return undefined;
  length[0] = tcpInfo.length;
  if (libc.getsockopt(fd, c.IPPROTO_TCP, linux.TCP_INFO, tcpInfo, lengthBytes) < 0) return undefined;
  // Of a listening socket, `tcpi_unacked` says how many were not accepted yet.
  return new DataView(tcpInfo.buffer).getUint32(linux.tcpiUnackedOffset, true);
}
