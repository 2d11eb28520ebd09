/**
 * What a command says to the person, or the program, that called it.
 *
 * @module
 */

import { TineError } from "../errors.ts";
import { EX_IOERR } from "../exit_codes.ts";
import { reasonOf } from "../os/errno.ts";
import { writeAll } from "../os/write_all.ts";
import { printError } from "./print_error.ts";

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
