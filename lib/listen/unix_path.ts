/**
 * The file of a unix socket: in the way or not, its mode and owner, and its removal.
 *
 * @module
 */

import { chmodSync, lchownSync, lstatSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import { constants as c } from "../os/constants.ts";
import { tryConnect } from "../os/socket.ts";

/** A socket's file, as it was when the socket was bound. */
export interface SocketFile {
  /** Absolute, so that it is found after a change of the working directory. */
  readonly path: string;
  /** Tells it from any other file, one of the same name included. */
  readonly identity: string;
}

/** What a socket's file is to be. What is not given stays as the system makes it. */
export interface SocketFileOptions {
  /** Its permissions, such as 0o660: who may write may connect. */
  readonly mode?: number | undefined;
  /** Its user. */
  readonly uid?: number | undefined;
  /** Its group. */
  readonly gid?: number | undefined;
}

/** The longest path that a socket can have, in bytes: `sun_path` without the zero byte at its end (unix(7)). */
export const MAX_PATH_BYTES: number = c.sunPathSize - 1;

/** What stands in the way of a path: the reason and what to do, for "Cannot bind …: <reason>". */
export class PathFault {
  /** The reason, and what to do. */
  readonly reason: string;

  /**
   * Makes the fault.
   *
   * @param reason The reason, and what to do.
   */
  constructor(reason: string) {
    this.reason = reason;
  }
}

function statOf(path: string) {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/**
 * The socket's file at `path`; undefined if there is none.
 *
 * The number of a removed file's inode is soon given to another file, so that the time of its making counts too:
 * the mtime of a socket's file, which stays over a change of mode, owner or name.
 */
export function socketFileAt(path: string): SocketFile | undefined {
  const stat = statOf(path);
  if (stat === undefined || !stat.isSocket()) return undefined;
  return { path: resolve(path), identity: `${stat.dev}:${stat.ino}:${stat.mtimeNs}` };
}

/**
 * Whether a socket is bound to `path`, be it of streams or of datagrams; the error's name where that cannot be told.
 *
 * Asked with a datagram socket, one of streams answers EPROTOTYPE and is spared a client that wants nothing; where a
 * system answers otherwise, the second question is such a client.
 */
function whoAnswers(path: string): string {
  const address = { transport: "unix", hostname: "", port: 0, path } as const;
  for (const kind of ["datagram", "stream"] as const) {
    const failure = tryConnect(address, kind);
    if (failure === undefined || failure === "EPROTOTYPE" || failure === "EAGAIN") return "listener";
    if (failure === "ENOENT") return "nobody";
    if (failure !== "ECONNREFUSED") return failure;
  }
  return "nobody";
}

/** What is wrong with `path` itself; undefined if nothing is. It only looks. */
export function faultOfPath(path: string): PathFault | undefined {
  const { length } = new TextEncoder().encode(path);
  if (length > MAX_PATH_BYTES) {
    return new PathFault(
      `its path has ${length} bytes, and a socket's has at most ${MAX_PATH_BYTES}; choose a shorter one`,
    );
  }
  if (statOf(path) === undefined || socketFileAt(path) !== undefined) return undefined;
  return new PathFault("there is a file that is no socket; remove it, or choose another path");
}

/**
 * Makes room for a socket at `path`: a socket's file that a server left behind is removed. Anything else stays.
 *
 * @returns What is in the way; undefined if nothing is any more.
 */
export function clearPath(path: string): PathFault | undefined {
  const fault = faultOfPath(path);
  const before = socketFileAt(path);
  if (fault !== undefined || before === undefined) return fault;
  const answer = whoAnswers(path);
  if (answer === "listener") {
    return new PathFault(
      "address already in use (EADDRINUSE), another server has this socket; stop the other server or choose " +
        "another path",
    );
  }
  if (answer !== "nobody") {
    return new PathFault(
      `the socket there cannot be asked whether it is in use (${answer}); remove it, or choose another path`,
    );
  }
  // Only what was asked is removed: another server may have put its own there in the meantime.
  removeSocketFile(before);
  return undefined;
}

/** Gives a socket's file its mode and owner. Before the socket listens, so that no other user connects meanwhile. */
export function dressSocketFile(path: string, { mode, uid, gid }: SocketFileOptions): void {
  // The owner first: a change of owner may clear bits of the mode (chown(2)).
  if (uid !== undefined || gid !== undefined) {
    const stat = lstatSync(path);
    lchownSync(path, uid ?? stat.uid, gid ?? stat.gid);
  }
  if (mode !== undefined) chmodSync(path, mode);
}

/** Removes a socket's file if it is still the same. Whether it was. */
export function removeSocketFile({ path, identity }: SocketFile): boolean {
  if (socketFileAt(path)?.identity !== identity) return false;
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}
