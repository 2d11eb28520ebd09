/**
 * The pid file: written and locked by the server, so that one that is left over can be told from one in use. Only the
 * server whose it is removes it.
 *
 * @module
 */

import { readFileSync, statSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { TineError } from "../errors.ts";
import { EX_CANTCREAT, EX_UNAVAILABLE } from "../exit_codes.ts";
import { closeFd, openPidFile, setCloseOnExec, tryLock, writeWhole } from "../os/descriptor.ts";
import { processExists } from "../os/process.ts";

/** A pid file that this process holds. */
export interface PidFileHandle {
  /** Absolute. */
  readonly path: string;
  /** Open and locked; it keeps the lock over a restart. */
  readonly fd: number;
}

/** The number in a pid file's text, or undefined. */
export function parsePid(text: string): number | undefined {
  const pid = /^\s*(\d{1,10})\s*$/.exec(text.split("\n")[0] as string)?.[1];
  return pid === undefined || Number(pid) === 0 ? undefined : Number(pid);
}

/** When a process was started, in milliseconds since 1970; undefined where the system does not tell. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    return (boot + ticks / 100) * 1000; // USER_HZ is 100 on every architecture
  } catch {
    return undefined;
  }
}

/**
 * Whether the process `pid` may be the one that wrote a file at `writtenMs`, without a lock, as servers of other kinds
 * do. One that was started later was given the number of one that has ended.
 */
function mayHaveWritten(pid: number, writtenMs: number): boolean {
  if (pid === process.pid || !processExists(pid)) return false;
  const start = startOf(pid);
  return start === undefined || start <= writtenMs + 1500; // the clock of the boot counts whole seconds
}

function sameFile(fd: number, path: string): boolean {
  const here = statSync(path, { throwIfNoEntry: false });
  const held = statSync(`/dev/fd/${fd}`, { throwIfNoEntry: false });
  return here !== undefined && held !== undefined && here.ino === held.ino && here.dev === held.dev;
}

function open(path: string): number {
  try {
    return openPidFile(path);
  } catch (cause) {
    const { message } = cause as Error;
    throw new TineError(
      `Cannot create pid_file "${path}": ${message.slice(message.lastIndexOf(": ") + 2)}; name a file that ` +
        "this user may write",
      { cause, exitCode: EX_CANTCREAT },
    );
  }
}

function inUse(path: string, why: string): TineError {
  return new TineError(
    `Cannot use pid_file "${path}": ${why}; stop that process, or name another file`,
    { exitCode: EX_UNAVAILABLE },
  );
}

/**
 * Creates and locks the pid file, with this process's id in it.
 *
 * @param options `held`: one that this process holds from before a restart; if it is the same, it is kept.
 * @throws {TineError} if another process has it (status 69), or it cannot be written (status 73)
 */
export function acquirePidFile(
  given: string,
  options: { held?: PidFileHandle | undefined; log: (level: number, message: string) => void },
): PidFileHandle {
  const path = resolve(given);
  const { held, log } = options;
  if (held !== undefined && held.path === path && sameFile(held.fd, path)) return held;
  for (;;) {
    const fd = open(path);
    let keep = false;
    try {
      const text = readFileSync(path, "utf8");
      const pid = parsePid(text);
      if (!tryLock(fd, { shared: false })) {
        throw inUse(
          path,
          pid === undefined ? "another server has it" : `the server with process id ${pid} has it`,
        );
      }
      // Between open and lock its owner may have removed it: the lock would be on a file that nobody sees.
      if (!sameFile(fd, path)) continue;
      if (text.trim() !== "" && pid === undefined) throw inUse(path, "there is no process id in it");
      if (pid !== undefined && mayHaveWritten(pid, statSync(path).mtimeMs)) {
        throw inUse(path, `the process ${pid} in it is running`);
      }
      if (pid !== undefined && pid !== process.pid) {
        log(1, `Pid_file "${path}" is left over from process ${pid}, which has ended: it is overwritten`);
      }
      writeWhole(fd, `${process.pid}\n`);
      keep = true;
      return { path, fd };
    } finally {
      if (!keep) closeFd(fd);
    }
  }
}

/** Takes the pid file over from before a restart. */
export function adoptPidFile(handle: PidFileHandle): void {
  setCloseOnExec(handle.fd, { on: true });
}

function unlinkOwn({ path, fd }: PidFileHandle): boolean {
  if (!sameFile(fd, path) || parsePid(readFileSync(path, "utf8")) !== process.pid) return false;
  unlinkSync(path);
  return true;
}

/** Removes a pid file if it is still this server's own; where that is not possible, it is emptied. */
export function removePidFile(handle: PidFileHandle, log: (level: number, message: string) => void): void {
  let isRemoved = false;
  try {
    isRemoved = unlinkOwn(handle);
  } catch (error) {
    // Who gave up root may not remove files from a folder of root's.
    log(2, `Cannot remove pid_file "${handle.path}": ${(error as Error).message}; it is emptied instead`);
  }
  try {
    // By the descriptor it is never another's file. Empty and unlocked, it is nobody's.
    if (!isRemoved) writeWhole(handle.fd, "");
  } catch (error) {
    log(1, `Cannot empty pid_file "${handle.path}": ${(error as Error).message}`);
  }
  closeFd(handle.fd);
}

/**
 * The server whose pid file this is, seen from another process.
 *
 * @returns Its process id, or why there is none.
 */
export function findOwner(given: string): number | string {
  const path = resolve(given);
  let fd: number;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
    fd = openPidFile(path, { readOnly: true });
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    return missing ? `there is no pid_file "${path}"` : (error as Error).message;
  }
  try {
    const pid = parsePid(text);
    if (pid === undefined) return `pid_file "${path}" holds no process id`;
    // Who can lock it, shared, sees that no server has it locked for itself.
    if (tryLock(fd, { shared: true })) return `pid_file "${path}" is left over from process ${pid}`;
    return pid;
  } finally {
    closeFd(fd);
  }
}
