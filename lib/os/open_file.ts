/**
 * Files that a person names and that Tine opens, perhaps as root: the log, the pid file, the lock file. Links that
 * another user may have made are not followed, and what is no file never blocks.
 *
 * @module
 */

import { SystemError } from "../errors.ts";
import { followLinks, namesOpenFile, ownDescriptor } from "../trusted_path.ts";
import { errno, libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { duplicate, setBlocking } from "./descriptor.ts";
import { ELOOP, ENXIO, errnoName, systemError } from "./errno.ts";

const encoder = new TextEncoder();

/** Who opens: the effective user. */
export function reader(): number {
  return libc.geteuid() >>> 0;
}

function tryOpen(path: string, flags: number, mode: number): number {
  return libc.open(encoder.encode(`${path}\0`), flags | c.O_CLOEXEC | c.O_NONBLOCK, mode);
}

/** The error of an `open` that was not even tried. */
export function refuseFile(path: string, reason: string, number: number = ELOOP): SystemError {
  return new SystemError(`Cannot open "${path}": ${reason}`, {
    call: "open",
    errno: number,
    code: errnoName(number),
    reason,
  });
}

/**
 * Where `path` leads over links that can be trusted.
 *
 * @throws {SystemError} if another user may have made one of them
 */
export function trustedPath(path: string): string {
  let followed;
  try {
    followed = followLinks(path, reader());
  } catch (error) {
    throw refuseFile(path, (error as Error).message);
  }
  if ("path" in followed) return followed.path;
  throw refuseFile(path, followed.reason);
}

/**
 * Opens a file, close-on-exec, without a wait for the other end of a FIFO.
 *
 * @throws {SystemError} also for a link that another user may have made
 */
export function openNamed(path: string, flags: number, mode: number): number {
  let fd = tryOpen(path, flags | c.O_NOFOLLOW, mode);
  if (fd < 0 && errno() === ELOOP) {
    const target = trustedPath(path);
    // What is at the end of /dev/stderr is a link by its form only.
    fd = tryOpen(target, namesOpenFile(target) ? flags : flags | c.O_NOFOLLOW, mode);
  }
  if (fd >= 0) {
    setBlocking(fd);
    return fd;
  }
  if (errno() !== ENXIO) throw systemError("open", `open "${path}"`);
  const own = ownDescriptor(path);
  // A socket, as systemd gives for standard error, is not to be opened by its name.
  if (own !== undefined) return duplicate(own);
  throw refuseFile(path, "it is a FIFO without a reader, or a socket (ENXIO)", ENXIO);
}

/**
 * Opens a log to append to, close-on-exec, readable by the group if it is created. It may be a device, or a FIFO that
 * has a reader.
 *
 * @throws {SystemError}
 */
export function openToAppend(path: string): number {
  return openNamed(path, c.O_WRONLY | c.O_CREAT | c.O_APPEND, 0o640);
}

/** Opens a file that exists to lock it, which needs no right to write. @throws {SystemError} */
export function openToLock(path: string): number {
  return openNamed(path, c.O_RDONLY, 0);
}

/** Opens what another process has open, by its name in /proc, to read it. @throws {SystemError} */
export function openToLook(path: string): number {
  const fd = tryOpen(path, c.O_RDONLY, 0);
  if (fd < 0) throw systemError("open", `open "${path}"`);
  return fd;
}

/** How a regular file is opened. */
export type FileUse =
  /** To read what is there. */
  | "read"
  /** To read and write what is there. */
  | "write"
  /** The same, and where there is none it is created. */
  | "create";

/** The flags of a use. */
export function flagsOf(use: FileUse): number {
  return use === "read" ? c.O_RDONLY : use === "write" ? c.O_RDWR : c.O_RDWR | c.O_CREAT;
}
