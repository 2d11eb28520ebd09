/**
 * How help and versions are printed.
 *
 * @module
 */

import process from "node:process";
import { HELP_WIDTHS } from "../config/describe.ts";
import { print } from "../process/print.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";

/** How options are written. */
export const FORMS =
  "Options are written --key value, --key=value or key=value. Repeat a key for a list. - may stand for _.";

/** Prints a text that is made for the terminal's width. @throws {TineError} if it cannot be written */
export function printHelp(textFor: (width: number) => string): void {
  const { least, most, usual } = HELP_WIDTHS;
  print(textFor(Math.min(most, Math.max(least, process.stdout.columns ?? usual))));
}

/** Prints the versions. @throws {TineError} if they cannot be written */
export function printVersion(): void {
  print(
    `tine ${VERSION} (${runtime.name} ${runtime.version}, ${process.platform} ${process.arch})\n`,
  );
}
