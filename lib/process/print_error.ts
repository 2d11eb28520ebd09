/**
 * An error that ends a program, for the person or the program that reads standard error.
 *
 * @module
 */

import process from "node:process";
import { breakStack } from "../log/line_format.ts";
import { writeAll } from "../os/write_all.ts";
import { runtime } from "../runtime/choose.ts";

/** The line for an error. Pure. `colored`: for a terminal, where it is to be seen among other lines. */
export function errorLine(text: string, { colored }: { readonly colored: boolean }): string {
  return colored ? `\x1b[1;31merror\x1b[0m: ${text}\n` : `tine: ${text}\n`;
}

/** Whether colours are wanted where there is a terminal (https://no-color.org). */
export function wantsColours(): boolean {
  return (runtime.environment()["NO_COLOR"] ?? "") === "";
}

/** Prints an error to standard error. */
export function printError(text: string): void {
  const { isTTY } = process.stderr;
  try {
    writeAll(2, errorLine(isTTY ? breakStack(text) : text, { colored: isTTY && wantsColours() }));
  } catch {
    // There is nowhere left to say it. The status does.
  }
}
