/**
 * Whose a pid file is, seen from another process, which is about to believe it and perhaps to signal that process.
 *
 * A number in a file is a claim. It is believed if the kernel says that this very process has the file locked, if it is
 * a Tine server as far as that can be seen, and if no user wrote the claim who could not have signalled that process
 * anyway.
 *
 * @module
 */

import { type BigIntStats, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { closeFd, tryLock } from "../os/descriptor.ts";
import { reader, trustedPath } from "../os/open_file.ts";
import { reasonOf } from "../os/errno.ts";
import { lockersOf, parseLocks } from "../os/file_locks.ts";
import { openProcess } from "../os/process.ts";
import { openRegularFile, statDescriptor } from "../os/regular_file.ts";
import { parsePid, readPidFile } from "./pid_file.ts";
import { STATUS_LINK } from "./status_file.ts";

/** A process that has a pid file. */
export interface Owner {
  readonly pid: number;
  /** A descriptor of that process, valid also if its number is reused; undefined where the system has none. */
  readonly process: number | undefined;
}

/** Why no process has a pid file. */
export interface NoOwner {
  readonly why: string;
  /** Whether no server runs that could have it; otherwise one may, and is not found by this file. */
  readonly isStopped: boolean;
}

const stopped = (why: string): NoOwner => ({ why, isStopped: true });
const doubtful = (why: string): NoOwner => ({ why, isStopped: false });

/** What can be seen of a process's open files. */
interface Sight {
  /** Whether it has the file locked, by a lock that it took itself. */
  readonly locks: boolean;
  /** Whether it tells of itself as a server of Tine's does. */
  readonly isServer: boolean;
}

/** Looks at what `pid` has open; undefined where the system does not show it. */
function lookAt(pid: number, { dev, ino }: BigIntStats): Sight | undefined {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return undefined;
  }
  let locks = false;
  let isServer = false;
  for (const name of names) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${name}`).startsWith(STATUS_LINK)) isServer = true;
      // A descriptor may be another's, lent or left behind: who took the lock is asked too.
      const taken = parseLocks(readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8"));
      if (!taken.some((lock) => lock.pid === pid && lock.inode === String(ino))) continue;
      const open = statSync(`/proc/${pid}/fd/${name}`, { bigint: true });
      if (open.dev === dev && open.ino === ino) locks = true;
    } catch {
      // It was closed meanwhile.
    }
  }
  return { locks, isServer };
}

/** The real and the saved user of a process: who is one of them may signal it (kill(2)). */
function usersOf(pid: number): readonly number[] {
  const [, real, saved] = /^Uid:\t(\d+)\t\d+\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return [Number(real), Number(saved)];
}

/** Why what the file says is not to be believed of `pid`, for who may have written it; undefined if it is. */
function distrust({ uid, mode }: BigIntStats, pid: number): string | undefined {
  if ((mode & 0o022n) !== 0n) return "others may write it, and could name any process there";
  const writer = Number(uid);
  if (writer === 0 || writer === reader()) return undefined;
  try {
    if (usersOf(pid).every((user) => user === writer)) return undefined;
  } catch {
    // It has ended, or cannot be seen.
  }
  return `it belongs to user ${writer}, and names a process of another user`;
}

/** Why it is not `pid` that has the file locked; undefined if it is. */
function whyNotLocked(
  stat: BigIntStats,
  fd: number,
  pid: number,
  sight: Sight | undefined,
): NoOwner | undefined {
  const lockers = lockersOf(stat);
  if (sight?.locks ?? lockers.includes(pid)) return undefined;
  // Who can lock it, shared, sees that no server has it locked for itself.
  if (tryLock(fd, { shared: true })) return stopped(`is left over from process ${pid}`);
  const [locker] = lockers;
  if (locker !== undefined) {
    return doubtful(`names process ${pid}, but it is process ${locker} that has it locked`);
  }
  // A system without /proc tells no more.
  return sight === undefined ? undefined : doubtful(`names process ${pid}, which has not locked it`);
}

/** Why it is not `pid` whose file it is; undefined if it is. */
function judge(stat: BigIntStats, fd: number, pid: number): NoOwner | undefined {
  const sight = lookAt(pid, stat);
  const why = whyNotLocked(stat, fd, pid, sight);
  if (why !== undefined) return why;
  if (sight?.isServer === false) return doubtful(`is locked by process ${pid}, which is no server of Tine's`);
  const doubt = distrust(stat, pid);
  return doubt === undefined ? undefined : doubtful(`is not to be believed: ${doubt}`);
}

/**
 * The server whose pid file this is, seen from another process.
 *
 * @returns The process, or why there is none.
 */
export function findOwner(given: string): Owner | NoOwner {
  const path = resolve(given);
  let fd: number;
  try {
    fd = openRegularFile(trustedPath(path), "read");
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    if (missing) return stopped(`there is no pid_file "${path}"`);
    return doubtful(`cannot read pid_file "${path}": ${reasonOf(error)}`);
  }
  try {
    const text = readPidFile(fd);
    const pid = parsePid(text);
    // A server that may not remove its file empties it.
    if (pid === undefined) return { why: `pid_file "${path}" holds no process id`, isStopped: text === "" };
    const stat = statDescriptor(fd);
    if (stat === undefined) return doubtful(`cannot look at pid_file "${path}"`);
    // Before the look, so that it is this process that is looked at, or none.
    const process = openProcess(pid);
    const fault = judge(stat, fd, pid);
    if (fault === undefined) return { pid, process };
    if (process !== undefined) closeFd(process);
    return { ...fault, why: `pid_file "${path}" ${fault.why}` };
  } finally {
    closeFd(fd);
  }
}
