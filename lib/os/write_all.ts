/**
 * Writing a whole text to a descriptor, on this thread.
 *
 * @module
 */

import { writeSync } from "node:fs";
import { pollHere, POLLOUT } from "./wait.ts";

/** Writes all of `text`, however slowly it is read, be the descriptor blocking or not. @throws what node:fs does */
export function writeAll(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      pollHere(fd, POLLOUT, -1);
    }
  }
}
