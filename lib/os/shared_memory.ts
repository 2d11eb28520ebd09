/**
 * Memory and bytes that a parent shares with its children through a descriptor.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { openFile } from "./descriptor.ts";
import { systemError } from "./errno.ts";

/** A file without a name, close-on-exec: in memory on Linux, on disk elsewhere. */
function anonymousFile(label: string): number {
  if (isLinux) {
    const fd = libc.memfd_create(new TextEncoder().encode(`${label}\0`), linux.MFD_CLOEXEC);
    if (fd < 0) throw systemError("memfd_create", `create shared memory for the ${label}`);
    return fd;
  }
  const path = `/tmp/tine-${label}-${crypto.randomUUID()}\0`;
  const fd = openFile(path.slice(0, -1), { create: true });
  libc.unlink(new TextEncoder().encode(path));
  return fd;
}

/** A mapping that other processes see too. */
export interface SharedMemory {
  /** The descriptor that another process maps it by. */
  readonly fd: number;
  readonly bytes: ArrayBuffer;
}

/** Creates `size` zero bytes of shared memory. */
export function createSharedMemory(label: string, size: number): SharedMemory {
  const fd = anonymousFile(label);
  if (libc.ftruncate(fd, size) < 0) throw systemError("ftruncate", `size the shared memory for the ${label}`);
  return { fd, bytes: mapSharedMemory(fd, size) };
}

/** Maps shared memory that another process created. */
export function mapSharedMemory(fd: number, size: number): ArrayBuffer {
  const address = libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_SHARED, fd, 0);
  if (address > Number.MAX_SAFE_INTEGER) throw systemError("mmap", "map shared memory");
  return runtime.memory(address, size);
}

/** Puts `text` where other processes read it by the descriptor that is returned. */
export function shareText(label: string, text: string): number {
  const fd = anonymousFile(label);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const n = libc.write(fd, rest, rest.length);
    if (n < 0) throw systemError("write", `write the ${label}`);
    at += n;
  }
  return fd;
}

/** Reads what {@linkcode shareText} wrote, and closes the descriptor. */
export function readSharedText(fd: number): string {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    // By position, since the descriptor's own position is shared by all who inherited it.
    const part = new Uint8Array(65536);
    const n = libc.pread(fd, part, part.length, at);
    if (n < 0) throw systemError("pread", "read what the parent handed down");
    if (n === 0) break;
    parts.push(part.subarray(0, n));
    at += n;
  }
  libc.close(fd);
  const all = new Uint8Array(at);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return new TextDecoder().decode(all);
}
