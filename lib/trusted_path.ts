/**
 * Whether a file is the one that its path was meant to name: a link on the last step of the way, in a folder where
 * others may write, may have been put there by them. The rule is that of the kernel's `protected_symlinks`, which not
 * every system has on, for every folder where others may write.
 *
 * @module
 */

import type * as Fs from "node:fs";

/** Where a path leads, or why it is not followed. */
export type Followed = { readonly path: string } | { readonly reason: string };

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/** What is at the end of these is a process's own open file: there is no name to be looked up. */
const OPEN_FILE = /^\/(dev\/(fd\/\d+|stdin|stdout|stderr)|proc\/[^/]+\/(task\/\d+\/)?fd\/\d+)$/;

/** Whether a path names what a process has open: `/dev/stderr`, `/dev/fd/63`, `/proc/self/fd/2`. */
export function namesOpenFile(path: string): boolean {
  return OPEN_FILE.test(path);
}

const STREAMS: Readonly<Record<string, number>> = { stdin: 0, stdout: 1, stderr: 2 };

/** The descriptor of this process that a path names; undefined if it names something else. */
export function ownDescriptor(path: string): number | undefined {
  const name = /^\/(?:dev|dev\/fd|proc\/self\/fd)\/(stdin|stdout|stderr|\d+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  return STREAMS[name] ?? Number(name);
}

// Few processes ever meet a link, and the module costs a child 4 MB on Deno.
function fileSystem(): typeof Fs {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: "node:fs"): typeof Fs };
  };
  return process.getBuiltinModule("node:fs");
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end + 1);
}

/** Whether only root and `reader` may put something into the folder of `path`. */
export function isInOwnFolder(path: string, reader: number): boolean {
  const { uid, mode } = fileSystem().statSync(folderOf(path));
  return (uid === 0 || uid === reader) && (mode & 0o022) === 0;
}

/**
 * Follows the links that `path` itself is, as far as they can be trusted: those that belong to root or to `reader`, and
 * those in folders that no other user may write to.
 *
 * @throws what node:fs throws if a part of the way cannot be looked at
 */
export function followLinks(path: string, reader: number): Followed {
  const fs = fileSystem();
  let here = path;
  for (let count = 0; count < MOST_LINKS; count++) {
    const link = namesOpenFile(here) ? undefined : fs.lstatSync(here, { throwIfNoEntry: false });
    if (link?.isSymbolicLink() !== true) return { path: here };
    if (link.uid !== 0 && link.uid !== reader && !isInOwnFolder(here, reader)) {
      return { reason: `"${here}" is a link that user ${link.uid} made in a folder where others may write` };
    }
    const target = fs.readlinkSync(here);
    // Not normalized: `..` behind a folder that is a link is for the system to understand.
    here = target.startsWith("/") ? target : folderOf(here) + target;
  }
  return { reason: "too many links" };
}
