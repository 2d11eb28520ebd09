/**
 * What a command says to the person, or the program, that called it.
 *
 * @module
 */

import { writeSync } from "node:fs";
import { TineError } from "../errors.ts";
import { EX_IOERR } from "../exit_codes.ts";
import { reasonOf } from "../os/errno.ts";
import { pollHere, POLLOUT } from "../os/wait.ts";
import { printError } from "./print_error.ts";

/** Writes all of `text`, however slowly it is read. @throws what node:fs does */
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

/**
 * Prints what a command was asked for. A reader that has gone, such as `head`, has had enough: that is no error.
 *
 * @throws {TineError} EX_IOERR, if it cannot be written
 */
export function print(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    if ((error as { code?: string }).code === "EPIPE") return;
    throw new TineError(`Cannot write to standard output: ${reasonOf(error)}`, {
      cause: error,
      exitCode: EX_IOERR,
    });
  }
}

/** Prints what a command has done. That it cannot be written leaves that as it is, and the command's status too. */
export function report(text: string): void {
  try {
    print(text);
  } catch (error) {
    printError((error as Error).message);
  }
}
