/**
 * Files within a folder, opened so that no name leads out of it.
 *
 * @module
 */

import { errno, libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { closeFd } from "./descriptor.ts";
import { EAGAIN, ENOSYS, EPERM, systemError } from "./errno.ts";
import { cString } from "./process.ts";
import { statDescriptor } from "./regular_file.ts";

/** A rename or a mount while the kernel looks makes it give up (openat2(2)). */
const MOST_TRIES = 8;
const HOW_SIZE = 24;
const HOW_RESOLVE = 16;
const STATX_SIZE = 256;
const SLASH = 47;

/** What an open file is. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "other";
  /** In bytes. */
  readonly size: number;
  /** When it changed last: whole seconds since 1970, and the nanoseconds of that second. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

function join(names: readonly Uint8Array[]): Uint8Array {
  const path = new Uint8Array(names.reduce((length, name) => length + name.length + 1, 0));
  let at = 0;
  for (const name of names) {
    path.set(name, at);
    at += name.length;
    path[at++] = SLASH;
  }
  path[at - 1] = 0;
  return path;
}

/** How a folder is used. */
export interface FolderOptions {
  /**
   * Whether it is opened once: then what takes its place later is not seen. Else it is opened for each file, so that it
   * may be replaced, or be a link that is changed.
   */
  readonly once: boolean;
}

/**
 * A folder whose files are opened for others. On Linux 5.6 and later links are followed as long as they stay within it:
 * the kernel sees to that at each step (`RESOLVE_BENEATH`), so that nobody can exchange a name between a check and its
 * use. Where there is no such call, no link is followed at all.
 */
export class Folder {
  readonly #path: Uint8Array;
  readonly #held: number | undefined;
  readonly #how = new Uint8Array(HOW_SIZE);
  /** Whether the system has openat2. */
  #hasBeneath = isLinux;
  readonly #stat = new Uint8Array(isLinux ? STATX_SIZE : 0);
  readonly #view = new DataView(this.#stat.buffer);

  /** @throws {SystemError} if it is opened once, and cannot be */
  constructor(path: string, { once }: FolderOptions) {
    this.#path = cString(path);
    const how = new DataView(this.#how.buffer);
    how.setBigUint64(0, BigInt(c.O_RDONLY | c.O_NONBLOCK | c.O_NOCTTY | c.O_CLOEXEC), true);
    if (isLinux) {
      how.setBigUint64(HOW_RESOLVE, BigInt(linux.RESOLVE_BENEATH | linux.RESOLVE_NO_MAGICLINKS), true);
    }
    if (once) {
      this.#held = this.#openSelf();
      if (this.#held < 0) throw systemError("open", `open "${path}"`);
    }
  }

  #openSelf(): number {
    const way = isLinux ? linux.O_PATH : c.O_RDONLY;
    return libc.open(this.#path, way | c.O_DIRECTORY | c.O_CLOEXEC, 0);
  }

  /**
   * Opens what lies under a path of names, to read, without waiting for anything.
   *
   * @param names Names, each of which is neither empty, `.` nor `..`, and has no `/` and no zero in it.
   * @returns The descriptor, close-on-exec, or the negative number of the error.
   */
  open(names: readonly Uint8Array[]): number {
    const root = this.#held ?? this.#openSelf();
    if (root < 0) return -errno();
    try {
      const found = this.#hasBeneath ? this.#openBeneath(root, join(names)) : undefined;
      return found ?? openStepwise(root, names);
    } finally {
      if (root !== this.#held) closeFd(root);
    }
  }

  #openBeneath(root: number, path: Uint8Array): number | undefined {
    for (let tries = 1;; tries++) {
      const fd = libc.openat2(linux.SYS_openat2, root, path, this.#how, HOW_SIZE);
      if (fd >= 0) return fd;
      const number = errno();
      if (number === EAGAIN && tries < MOST_TRIES) continue;
      // An older kernel, or a filter of system calls that does not know this one.
      if (number !== ENOSYS && number !== EPERM) return -number;
      this.#hasBeneath = false;
      return undefined;
    }
  }

  /** What an open file is. @throws {SystemError} */
  look(fd: number): FileFacts {
    if (!isLinux) return lookElsewhere(fd);
    if (libc.statx(fd, new Uint8Array(1), linux.AT_EMPTY_PATH, linux.STATX_BASIC_STATS, this.#stat) < 0) {
      throw systemError("statx", `look at descriptor ${fd}`);
    }
    const view = this.#view;
    const format = view.getUint16(28, true) & c.S_IFMT;
    return {
      kind: format === c.S_IFREG ? "file" : format === c.S_IFDIR ? "folder" : "other",
      size: Number(view.getBigUint64(40, true)),
      seconds: Number(view.getBigInt64(112, true)),
      nanoseconds: view.getUint32(120, true),
    };
  }
}

/** As {@linkcode Folder.open} without openat2: one name after the other, none of which may be a link. */
export function openStepwise(root: number, names: readonly Uint8Array[]): number {
  const way = (isLinux ? linux.O_PATH : c.O_RDONLY) | c.O_DIRECTORY | c.O_NOFOLLOW | c.O_CLOEXEC;
  const last = c.O_RDONLY | c.O_NONBLOCK | c.O_NOCTTY | c.O_NOFOLLOW | c.O_CLOEXEC;
  let at = root;
  for (const [index, name] of names.entries()) {
    const next = libc.openat(at, cString(name), index === names.length - 1 ? last : way, 0);
    const failure = next < 0 ? -errno() : 0;
    if (at !== root) closeFd(at);
    if (next < 0) return failure;
    at = next;
  }
  return at;
}

function lookElsewhere(fd: number): FileFacts {
  const stat = statDescriptor(fd);
  if (stat === undefined) throw systemError("fstat", `look at descriptor ${fd}`);
  const seconds = Number(stat.mtimeNs / 1_000_000_000n);
  return {
    kind: stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other",
    size: Number(stat.size),
    seconds,
    nanoseconds: Number(stat.mtimeNs - BigInt(seconds) * 1_000_000_000n),
  };
}

/** Reads at a place of a file: how many bytes; 0 at its end. @throws {SystemError} */
export function readAt(fd: number, bytes: Uint8Array, offset: number): number {
  const count = libc.pread(fd, bytes, bytes.length, offset);
  if (count < 0) throw systemError("pread", `read descriptor ${fd}`);
  return count;
}
