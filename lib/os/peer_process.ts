/**
 * Who is at the other end of a unix socket.
 *
 * @module
 */

import { libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";

/** Who is at the other end of a unix socket, as it was when the connection was made (unix(7)). */
export interface PeerProcess {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** The process at the other end of a unix socket; undefined where the system does not tell. */
export function peerProcess(fd: number): PeerProcess | undefined {
  if (!isLinux) return undefined;
  const credentials = new Int32Array(3);
  const bytes = new Uint8Array(credentials.buffer);
  const length = new Uint8Array(Uint32Array.of(bytes.length).buffer);
  if (libc.getsockopt(fd, c.SOL_SOCKET, linux.SO_PEERCRED, bytes, length) < 0) return undefined;
  const [pid = 0, uid = 0, gid = 0] = credentials;
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}
