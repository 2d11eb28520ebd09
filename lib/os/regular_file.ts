/**
 * Regular files that a person names: whatever else lies there is refused, in one line and without a wait.
 *
 * @module
 */

import { type BigIntStats, statSync } from "node:fs";
import { isInOwnFolder } from "../trusted_path.ts";
import { libc } from "./calls.ts";
import { closeFd } from "./descriptor.ts";
import { type FileUse, flagsOf, openNamed, reader, refuseFile, trustedPath } from "./open_file.ts";

/** What an open file is. `/dev/fd` shows it for descriptors that the runtime does not know, too. */
export function statDescriptor(fd: number): BigIntStats | undefined {
  return statSync(`/dev/fd/${fd}`, { bigint: true, throwIfNoEntry: false });
}

function kindOf(stat: BigIntStats): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}

/**
 * Opens a regular file, close-on-exec.
 *
 * @param mode Its permissions if it is created.
 * @throws {SystemError} also for a link that another user may have made, a second name of a file in a folder where
 * others may write, and what is no regular file
 */
export function openRegularFile(given: string, use: FileUse, mode = 0o600): number {
  const path = trustedPath(given);
  const fd = openNamed(path, flagsOf(use), mode);
  const stat = statDescriptor(fd);
  const fault = stat === undefined
    ? undefined
    : !stat.isFile()
    ? `it is ${kindOf(stat)}`
    : use !== "read" && stat.nlink > 1n && !isInOwnFolder(path, reader())
    ? "it has another name, and lies in a folder where others may write"
    : undefined;
  if (fault === undefined) return fd;
  closeFd(fd);
  throw refuseFile(given, fault);
}

/** The first `most` bytes of an open file. */
export function readBytes(fd: number, most: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(most);
  return bytes.slice(0, Math.max(0, libc.pread(fd, bytes, most, 0)));
}

/** The first `most` bytes of an open file as text. */
export function readStart(fd: number, most: number): string {
  return new TextDecoder().decode(readBytes(fd, most));
}
