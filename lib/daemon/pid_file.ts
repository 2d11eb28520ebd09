/**
 * The pid file: written and locked by the server, so that one that is left over can be told from one in use. Only the
 * server whose it is removes it.
 *
 * It stays its creator's, and the server holds it open to read only: who gives up root must not be able to write a
 * number there that root's scripts would signal.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import { existsSync, statSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { SystemError, TineError } from "../errors.ts";
import { EX_CANTCREAT, EX_UNAVAILABLE } from "../exit_codes.ts";
import { libc } from "../os/calls.ts";
import { closeFd, closeOnExec, tryLock, writeWhole } from "../os/descriptor.ts";
import { reasonOf, systemError } from "../os/errno.ts";
import { remedyForFile } from "../os/file_remedy.ts";
import { lockersOf } from "../os/file_locks.ts";
import { reader, trustedPath } from "../os/open_file.ts";
import { isRunning, startOf } from "../os/process_state.ts";
import { openRegularFile, readStart, statDescriptor } from "../os/regular_file.ts";

/** A pid file that this process holds. */
export interface PidFileHandle {
  /** Absolute. */
  readonly path: string;
  /** Open to read, and locked; it keeps the lock over a restart. */
  readonly fd: number;
}

/** More than a number and an end of line need. */
const MOST_BYTES = 4096;

/** The text of a pid file, or so much of it as matters. */
export function readPidFile(fd: number): string {
  return readStart(fd, MOST_BYTES);
}

/** The number in a pid file's text, or undefined. */
export function parsePid(text: string): number | undefined {
  const pid = /^\s*(\d{1,10})\s*$/.exec(text.split("\n")[0] as string)?.[1];
  return pid === undefined || Number(pid) === 0 ? undefined : Number(pid);
}

/**
 * Whether the process `pid` may be the one that wrote a file at `writtenMs`, without a lock, as servers of other kinds
 * do. One that was started later was given the number of one that has ended.
 */
function mayHaveWritten(pid: number, writtenMs: number): boolean {
  if (pid === process.pid || !isRunning(pid)) return false;
  const start = startOf(pid);
  return start === undefined || start <= writtenMs + 1500; // the clock of the boot counts whole seconds
}

function sameFile(fd: number, path: string): boolean {
  const here = statSync(path, { bigint: true, throwIfNoEntry: false });
  const held = statDescriptor(fd);
  return here !== undefined && held !== undefined && here.ino === held.ino && here.dev === held.dev;
}

/** Whether the file is still the one that others see, as far as the system shows what a descriptor leads to. */
function isStillThere(fd: number, path: string): boolean {
  return statDescriptor(fd) === undefined ? existsSync(path) : sameFile(fd, path);
}

function cannotCreate(path: string, why: string, cause?: unknown): TineError {
  return new TineError(`Cannot create pid_file "${path}": ${why}; ${remedyForFile(path)}`, {
    cause,
    exitCode: EX_CANTCREAT,
  });
}

/** Runs `work`, and explains its errors as errors of the option `pid_file`. */
function creating<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SystemError) throw cannotCreate(path, cause.reason, cause);
    throw cause;
  }
}

function inUse(path: string, why: string): TineError {
  return new TineError(
    `Cannot use pid_file "${path}": ${why}; stop that process, or name another file`,
    { exitCode: EX_UNAVAILABLE },
  );
}

/** Two descriptors of one pid file: the one to read it and lock it by, and the one to write it by. */
interface OpenPidFile {
  readonly read: number;
  readonly write: number;
}

function openBoth(path: string): OpenPidFile {
  const write = openRegularFile(path, "create", 0o644);
  try {
    return { write, read: openRegularFile(path, "read") };
  } catch (error) {
    closeFd(write);
    throw error;
  }
}

/**
 * Makes the file writable for this user only: root believes it and signals the process that it names.
 *
 * @throws {TineError} if that cannot be had
 */
function makeOwn(path: string, fd: number): void {
  const stat = statDescriptor(fd);
  const user = reader();
  if (stat === undefined) return;
  const mode = Number(stat.mode) & 0o7777;
  const isOwn = Number(stat.uid) === user;
  if (isOwn && (mode & 0o022) === 0) return;
  if (!isOwn && user !== 0) {
    throw cannotCreate(path, `it belongs to user ${stat.uid}, who could change the number in it`);
  }
  // One that an older server gave to the user that it became, or that was made with an open hand.
  if (!isOwn && libc.fchown(fd, user, libc.getegid() >>> 0) < 0) {
    throw systemError("fchown", "take the pid file back");
  }
  if (libc.fchmod(fd, mode & ~0o022) < 0) throw systemError("fchmod", "close the pid file for others");
}

/** What is to be known of a pid file that is there before it is overwritten. @throws {TineError} if it may not be */
function checkLeftOver(path: string, fd: number, log: Log): void {
  const text = readPidFile(fd);
  const pid = parsePid(text);
  if (text.trim() !== "" && pid === undefined) throw inUse(path, "there is no process id in it");
  if (pid === undefined || pid === process.pid) return;
  if (mayHaveWritten(pid, Number(statDescriptor(fd)?.mtimeMs ?? 0))) {
    throw inUse(path, `the process ${pid} in it is running`);
  }
  log(
    LEVEL.warning,
    `Pid_file "${path}" is left over from process ${pid}, which has ended: it is overwritten`,
  );
}

/** Who has it, in words. What it says and what the system says need not agree. */
function whoHas(fd: number): string {
  const pid = parsePid(readPidFile(fd));
  const stat = statDescriptor(fd);
  const lockers = stat === undefined ? [] : lockersOf(stat);
  if (lockers.length > 0 && !lockers.includes(pid ?? 0)) return `the process ${lockers[0]} has locked it`;
  return pid === undefined ? "another server has it" : `the server with process id ${pid} has it`;
}

/** How often a lock is tried, and how long a process that looks at the file may need to give its own up. */
const TRIES = 200;
const LOOK_MS = 10;

/** Locks the file. A command that looks whether its server runs has it locked for a moment, shared. */
function lock(fd: number): boolean {
  for (let tries = 1; !tryLock(fd, { shared: false }); tries++) {
    const stat = statDescriptor(fd);
    if (tries === TRIES || (stat !== undefined && lockersOf(stat).length > 0)) return false;
    libc.poll(null, 0, LOOK_MS);
  }
  return true;
}

/** Takes the file, if it is still the one that others see. Whether it is. */
function take(path: string, { read, write }: OpenPidFile, log: Log): boolean {
  if (!lock(read)) throw inUse(path, whoHas(read));
  // Between open and lock its owner may have removed it: the lock would be on a file without a name.
  if (!isStillThere(read, path) || !isStillThere(write, path)) return false;
  checkLeftOver(path, read, log);
  makeOwn(path, write);
  writeWhole(write, `${process.pid}\n`);
  return true;
}

/** Whether the file that is held from before a restart is the one that is wanted. */
function isStill(held: PidFileHandle, path: string): boolean {
  try {
    return held.path === path && sameFile(held.fd, path);
  } catch {
    return true; // in a folder that is closed to the user that this process has become
  }
}

/** A pid file's path, links followed. @throws {TineError} */
function pathOf(given: string): string {
  const path = resolve(given);
  return creating(path, () => trustedPath(path));
}

/**
 * Creates and locks the pid file, with this process's id in it.
 *
 * @param options `held`: one that this process holds from before a restart; if it is the same, it is kept.
 * @throws {TineError} if another process has it (status 69), or it cannot be written (status 73)
 */
export function acquirePidFile(
  given: string,
  options: { held?: PidFileHandle | undefined; log: Log },
): PidFileHandle {
  const { held, log } = options;
  if (held !== undefined && isStill(held, resolve(given))) return held;
  const path = pathOf(given);
  if (held !== undefined && isStill(held, path)) return held;
  for (;;) {
    const both = creating(path, () => openBoth(path));
    let keep = false;
    try {
      keep = creating(path, () => take(path, both, log));
      if (keep) return { path, fd: both.read };
    } finally {
      closeFd(both.write);
      if (!keep) closeFd(both.read);
    }
  }
}

/** Takes the pid file over from before a restart. */
export function adoptPidFile(handle: PidFileHandle): void {
  closeOnExec(handle.fd);
}

/** Removes the file if it is still this server's own. Why that is not possible; undefined if it is, or was not due. */
function unlinkOwn({ path, fd }: PidFileHandle): string | undefined {
  if (statDescriptor(fd) === undefined) return "it is out of reach from inside of the new root";
  try {
    if (sameFile(fd, path) && parsePid(readPidFile(fd)) === process.pid) unlinkSync(path);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Empties a pid file that cannot be removed: empty and unlocked, it belongs to no server. */
function empty({ path, fd }: PidFileHandle): void {
  const write = openRegularFile(path, "write");
  try {
    if (sameFile(fd, path) && sameFile(write, path) && parsePid(readPidFile(fd)) === process.pid) {
      writeWhole(write, "");
    }
  } finally {
    closeFd(write);
  }
}

/**
 * Removes a pid file if it is still this server's own. Who has given up root may not do so in a folder of root's: it
 * stays there, unlocked, for `tine stop` or the next start to clear away.
 */
export function removePidFile(handle: PidFileHandle, log: Log): void {
  const why = unlinkOwn(handle);
  if (why !== undefined) {
    const start = `Cannot remove pid_file "${handle.path}": ${why}`;
    try {
      empty(handle);
      log(LEVEL.notice, `${start}; it is emptied instead`);
    } catch {
      log(LEVEL.notice, `${start}; it is left for tine stop, or the next start, to clear away`);
    }
  }
  closeFd(handle.fd);
}

/** Removes what a server that has ended has left of its pid file. Nothing happens if another server has it. */
export function clearPidFile(given: string, pid: number): void {
  const path = trustedPath(resolve(given));
  const fd = openRegularFile(path, "read");
  try {
    if (!tryLock(fd, { shared: false })) return;
    if (sameFile(fd, path) && parsePid(readPidFile(fd)) === pid) unlinkSync(path);
  } finally {
    closeFd(fd);
  }
}
