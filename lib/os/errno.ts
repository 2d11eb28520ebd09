/**
 * Error numbers, their names and their sentences.
 *
 * @module
 */

import { SystemError } from "../errors.ts";
import { errno } from "./calls.ts";
import { isLinux } from "./constants.ts";

export const EPERM: number = 1;
export const ENOENT: number = 2;
export const EINTR: number = 4;
export const EAGAIN: number = isLinux ? 11 : 35;
export const EBADF: number = 9;
export const EACCES: number = 13;
export const EMFILE: number = 24;
export const ENFILE: number = 23;
export const ENXIO: number = 6;
export const ENOSPC: number = 28;
export const ESPIPE: number = 29;
export const EPIPE: number = 32;
export const ELOOP: number = isLinux ? 40 : 62;
export const EADDRINUSE: number = isLinux ? 98 : 48;
export const EADDRNOTAVAIL: number = isLinux ? 99 : 49;
export const ECONNABORTED: number = isLinux ? 103 : 53;
export const ECONNRESET: number = isLinux ? 104 : 54;
export const ENOBUFS: number = isLinux ? 105 : 55;
export const ENOMEM: number = 12;
export const EINPROGRESS: number = isLinux ? 115 : 36;
export const EMSGSIZE: number = isLinux ? 90 : 40;
/** The file is no program. The same number on Linux and macOS. */
export const ENOEXEC = 8;
export const EDQUOT: number = isLinux ? 122 : 69;
export const ENOTSOCK: number = isLinux ? 88 : 38;
export const ENOTCONN: number = isLinux ? 107 : 57;
export const EOPNOTSUPP: number = isLinux ? 95 : 102;
export const EPROTO: number = isLinux ? 71 : 100;
export const ESRCH: number = 3;
export const EXDEV: number = 18;
export const ENOTDIR: number = 20;
export const ENAMETOOLONG: number = isLinux ? 36 : 63;
export const ENOSYS: number = isLinux ? 38 : 78;

const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "no such address on this machine",
  EAFNOSUPPORT: "address family not supported",
  EAGAIN: "resource temporarily unavailable",
  EBADF: "bad file descriptor",
  ECHILD: "no child process",
  ECONNRESET: "connection reset by peer",
  EEXIST: "already exists",
  EFBIG: "larger than files may be here, see ulimit -f",
  EINVAL: "invalid argument",
  EISDIR: "is a directory",
  EMFILE: "too many open files in this process",
  ENFILE: "too many open files in the system",
  ENOEXEC: "it is no program of this machine",
  ENOENT: "no such file or directory",
  ENOMEM: "out of memory",
  ENOSPC: "no space left",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EPIPE: "the peer has closed the connection",
  EMSGSIZE: "message too long",
  ESRCH: "no such process",
};

function nodeUtil(): { getSystemErrorName(number: number): string } {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: "node:util"): { getSystemErrorName(number: number): string } };
  };
  return process.getBuiltinModule("node:util");
}

/** What libuv, whose names both runtimes have, does not know. */
const UNKNOWN_TO_LIBUV: ReadonlyMap<number, string> = new Map([
  [EDQUOT, "EDQUOT"],
  [EINPROGRESS, "EINPROGRESS"],
  [ENOEXEC, "ENOEXEC"],
]);

/** `98` → `EADDRINUSE` */
export function errnoName(number: number): string {
  let name: string | undefined;
  try {
    // Loaded by the first error: the module is costly on Deno, and most children never meet one.
    name = nodeUtil().getSystemErrorName(-number);
  } catch {
    // The runtime does not know it either.
  }
  const unknown = UNKNOWN_TO_LIBUV.get(number);
  if (unknown !== undefined) return unknown;
  // Deno gives undefined and Bun a sentence for a number that is no error's.
  return name !== undefined && /^E[A-Z0-9]+$/.test(name) ? name : `E${number}`;
}

/** `EADDRINUSE` → `address already in use (EADDRINUSE)` */
export function errnoSentence(name: string): string {
  const sentence = SENTENCES[name];
  return sentence === undefined ? name : `${sentence} (${name})`;
}

/**
 * The error of the call that just failed on this thread.
 *
 * @param call The call, such as `bind`.
 * @param doing What was tried, for "Cannot <doing>: <why>".
 */
export function systemError(call: string, doing: string, number: number = errno()): SystemError {
  const code = errnoName(number);
  const reason = errnoSentence(code);
  return new SystemError(`Cannot ${doing}: ${reason}`, { call, errno: number, code, reason });
}

/** Why a call failed, without what was tried. */
export function reasonOf(error: unknown): string {
  if (error instanceof SystemError) return error.reason;
  const { code, message } = error as { code?: string; message: string };
  return code === undefined ? message : errnoSentence(code);
}
