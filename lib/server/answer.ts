/**
 * How help and versions are printed.
 *
 * @module
 */

import process from "node:process";
import { HELP_WIDTHS } from "../config/describe.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";

/** How options are written. */
export const FORMS =
  "Options are written --key value, --key=value or key=value. Repeat a key for a list. - may stand for _.";

function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** Prints a text that is made for the terminal's width; resolved when it is written. */
export function printHelp(textFor: (width: number) => string): Promise<void> {
  const { least, most, usual } = HELP_WIDTHS;
  return print(textFor(Math.min(most, Math.max(least, process.stdout.columns ?? usual))));
}

/** Prints the versions; resolved when they are written. */
export function printVersion(): Promise<void> {
  return print(
    `tine ${VERSION} (${runtime.name} ${runtime.version}, ${process.platform} ${process.arch})\n`,
  );
}
