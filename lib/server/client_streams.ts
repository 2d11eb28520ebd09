/**
 * Whether the standard streams are a client's, as a super-server leaves them.
 *
 * This is asked before anything else is known, and perhaps because nothing else can run: it needs the runtime alone.
 *
 * @module
 */

import { fstatSync } from "node:fs";

/** Whether descriptor `fd` is the very socket that standard input is: what is written there, a client reads. */
export function isClients(fd: 0 | 1 | 2): boolean {
  try {
    const [input, other] = [fstatSync(0), fstatSync(fd)];
    return input.isSocket() && other.isSocket() && input.dev === other.dev && input.ino === other.ino;
  } catch {
    return false; // one of them is closed
  }
}
