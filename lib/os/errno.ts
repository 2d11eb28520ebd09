/**
 * Error numbers, their names and their sentences.
 *
 * @module
 */

import { constants as systemConstants } from "node:os";
import { getSystemErrorName } from "node:util";
import { SystemError } from "../errors.ts";
import { errno } from "./calls.ts";

const numbers = systemConstants.errno as unknown as Readonly<Record<string, number>>;

/** The number of an error's name on this system. */
function numberOf(name: string, linux: number): number {
  return numbers[name] ?? linux;
}

export const EPERM: number = numberOf("EPERM", 1);
export const EINTR: number = numberOf("EINTR", 4);
export const EAGAIN: number = numberOf("EAGAIN", 11);
export const EACCES: number = numberOf("EACCES", 13);
export const EMFILE: number = numberOf("EMFILE", 24);
export const ENFILE: number = numberOf("ENFILE", 23);
export const EPIPE: number = numberOf("EPIPE", 32);
export const EADDRINUSE: number = numberOf("EADDRINUSE", 98);
export const EADDRNOTAVAIL: number = numberOf("EADDRNOTAVAIL", 99);
export const ECONNABORTED: number = numberOf("ECONNABORTED", 103);
export const ECONNRESET: number = numberOf("ECONNRESET", 104);
export const ENOBUFS: number = numberOf("ENOBUFS", 105);
export const ENOMEM: number = numberOf("ENOMEM", 12);
export const ENOTCONN: number = numberOf("ENOTCONN", 107);
export const EOPNOTSUPP: number = numberOf("EOPNOTSUPP", 95);
export const EPROTO: number = numberOf("EPROTO", 71);
export const ESRCH: number = numberOf("ESRCH", 3);

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
  EINVAL: "invalid argument",
  EISDIR: "is a directory",
  EMFILE: "too many open files in this process",
  ENFILE: "too many open files in the system",
  ENOENT: "no such file or directory",
  ENOMEM: "out of memory",
  ENOSPC: "no space left",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EPIPE: "the peer has closed the connection",
  ESRCH: "no such process",
};

/** `98` → `EADDRINUSE` */
export function errnoName(number: number): string {
  let name: string | undefined;
  try {
    name = getSystemErrorName(-number);
  } catch {
    // The runtime does not know it either.
  }
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
  return new SystemError(`Cannot ${doing}: ${errnoSentence(code)}`, { call, errno: number, code });
}
