/**
 * Files of the starting user's that the runtime keeps open to write, for as long as it runs: Deno's databases of
 * analysed and of compiled modules. Who gives up rights must not be able to write them: the compiled code of tomorrow's
 * root is in there.
 *
 * Without node:fs, which costs a child 4 MB on Deno.
 *
 * @module
 */

import { fcntl, libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { closeFd } from "./descriptor.ts";
import { systemError } from "./errno.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The runtime opens its files when it starts, and the numbers of descriptors are given from the lowest. */
const HIGHEST_LOOKED_AT = 1024;

/** One of Deno's databases, or what SQLite puts beside it. */
const DATABASE = /^(\/.*\/)[a-z\d_]+_cache_v\d+(-wal|-shm|-journal)?( \(deleted\))?$/;

/** A descriptor by which the runtime can write a file. */
interface WritableFile {
  readonly fd: number;
  readonly path: string;
}

function targetOf(fd: number): string {
  const bytes = new Uint8Array(4096);
  const n = libc.readlink(encoder.encode(`/proc/self/fd/${fd}\0`), bytes, bytes.length);
  return decoder.decode(bytes.subarray(0, Math.max(0, n)));
}

function writableFiles(): WritableFile[] {
  const found: WritableFile[] = [];
  for (let fd = 3; fd < HIGHEST_LOOKED_AT; fd++) {
    const flags = fcntl(fd, c.F_GETFL, 0);
    if (flags < 0 || (flags & c.O_ACCMODE) === 0) continue;
    const path = targetOf(fd);
    if (path.startsWith("/")) found.push({ fd, path });
  }
  return found;
}

/** Of all files that can be written, those in the folder where the runtime has its databases. Pure. */
export function cachesIn<T extends { readonly path: string }>(files: readonly T[]): readonly T[] {
  const folders = new Set(
    files.map(({ path }) => DATABASE.exec(path)?.[1]).filter((one) => one !== undefined),
  );
  return files.filter(({ path }) => folders.has(path.slice(0, path.lastIndexOf("/") + 1)));
}

/** A part of memory through which a file can be written. */
interface SharedMapping {
  readonly start: number;
  readonly length: number;
  readonly offset: number;
  readonly path: string;
}

/** The parts of memory in the text of /proc/PID/maps through which files can be written. Pure. */
export function writableMappings(text: string): SharedMapping[] {
  return [...text.matchAll(/^([\da-f]+)-([\da-f]+) .w.s ([\da-f]+) \S+ \d+ +(\/.*)$/gm)].map(
    ([, start = "", end = "", offset = "", path = ""]) => ({
      start: parseInt(start, 16),
      length: parseInt(end, 16) - parseInt(start, 16),
      offset: parseInt(offset, 16),
      path,
    }),
  );
}

function readText(path: string): string {
  const fd = libc.open(encoder.encode(`${path}\0`), c.O_CLOEXEC, 0);
  if (fd < 0) return "";
  let text = "";
  const bytes = new Uint8Array(65536);
  const stream = new TextDecoder();
  for (;;) {
    const n = libc.read(fd, bytes, bytes.length);
    if (n <= 0) break;
    text += stream.decode(bytes.subarray(0, n), { stream: true });
  }
  closeFd(fd);
  return text;
}

/** Opens what `fd` is open on once more, to read it only; nothing in its place where that cannot be had. */
function openToRead(fd: number): number {
  const again = libc.open(encoder.encode(`/proc/self/fd/${fd}\0`), c.O_CLOEXEC, 0);
  if (again >= 0) return again;
  const nothing = libc.open(encoder.encode("/dev/null\0"), c.O_CLOEXEC | c.O_NOFOLLOW, 0);
  if (nothing < 0) throw systemError("open", `close descriptor ${fd} for writing`);
  return nothing;
}

/** Makes what is written to a part of memory this process's own; what is read there stays. */
function makePrivate({ start, length, offset }: SharedMapping, fd: number): void {
  const at = libc.mmap(start, length, c.PROT_READ_WRITE, c.MAP_PRIVATE | c.MAP_FIXED, fd, offset);
  if (at !== start) throw systemError("mmap", "close the runtime's cache for writing");
}

/**
 * Lets the runtime only read the files that it keeps open: what it would write there fails, or stays in memory, which
 * it takes as it takes a cache that cannot be written.
 *
 * @throws {SystemError} if one stays writable
 */
export function closeCaches(): void {
  const caches = cachesIn(writableFiles());
  if (caches.length === 0) return;
  const mappings = writableMappings(readText("/proc/self/maps"));
  for (const { fd, path } of caches) {
    const again = openToRead(fd);
    for (const mapping of mappings.filter((one) => one.path === path)) makePrivate(mapping, again);
    // The flag is the descriptor's own: dup2 clears it.
    if (libc.dup2(again, fd) < 0 || fcntl(fd, c.F_SETFD, c.FD_CLOEXEC) < 0) {
      throw systemError("dup2", `close descriptor ${fd} for writing`);
    }
    closeFd(again);
  }
}
