/**
 * Descriptors that the starter of this process left open, such as the lock of a cron job: a server that kept them
 * would keep that lock for as long as it runs.
 *
 * What a runtime opens for itself is close-on-exec. What Deno was started with is not; Bun makes it so when it starts,
 * so that it is told from Bun's own by what it is.
 *
 * @module
 */

import { readdirSync, readlinkSync, statSync } from "node:fs";
import process from "node:process";
import { runtime } from "../runtime/choose.ts";
import { fcntl } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { closeFd } from "./descriptor.ts";

const LAST_STANDARD = 2;

/** When this is looked for: before any code but Tine's has run, or after a program's own modules. */
export type Moment = "first" | "after_modules";

function linkOf(pid: number | "self", fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return undefined; // closed, another user's process, or a system without /proc
  }
}

function listed(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number).filter((fd) => fd > LAST_STANDARD);
  } catch {
    return []; // no /proc
  }
}

/** Whether Bun may have opened it: memory and counters, folders, and, while it watches them, source files. */
function mayBeBuns(link: string, fd: number, isWatching: boolean): boolean {
  if (link.startsWith("anon_inode:")) return true;
  const stat = statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false });
  return stat === undefined || stat.isDirectory() || (isWatching && stat.isFile());
}

function leftOnBun(moment: Moment): readonly number[] {
  const links = listed().map((fd) => ({ fd, link: linkOf("self", fd) }));
  const isWatching = links.some(({ link }) => link === "anon_inode:inotify");
  return links.filter(({ fd, link }) => {
    if (link === undefined || mayBeBuns(link, fd, isWatching)) return false;
    // Modules may have opened files by now, and Bun its debugger's sockets before: what the starter has under the same
    // number is its own.
    return (moment === "first" && !link.startsWith("socket:")) || linkOf(process.ppid, fd) === link;
  }).map(({ fd }) => fd);
}

function leftOnDeno(): readonly number[] {
  return listed().filter((fd) => {
    const flags = fcntl(fd, c.F_GETFD, 0);
    return flags >= 0 && (flags & c.FD_CLOEXEC) === 0;
  });
}

/** What the starter meant for this process, though it is no standard stream. */
function isMeant(fd: number): boolean {
  // A runtime that is started as a worker of another one talks to it by this.
  return runtime.environment()["NODE_CHANNEL_FD"] === String(fd);
}

/** The descriptors above the standard ones with which this process was started. */
export function startersDescriptors(moment: Moment): readonly number[] {
  return (runtime.name === "bun" ? leftOnBun(moment) : leftOnDeno()).filter((fd) => !isMeant(fd));
}

/** Closes them, but for those that `kept` says. */
export function closeStartersDescriptors(all: readonly number[], kept: readonly number[]): void {
  for (const fd of all) if (!kept.includes(fd)) closeFd(fd);
}
