/**
 * What a program answers in place of running its server: how it is used, and its version.
 *
 * @module
 */

import { basename } from "node:path";
import process from "node:process";
import { HELP_WIDTHS, helpText } from "../config/describe.ts";
import type { OwnOptions } from "../config/options.ts";
import { questionIn } from "../config/question.ts";
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

/** Answers the question that the arguments of a program that calls `run` ask, and ends the process, if they ask one. */
export async function answerFor(argv: readonly string[], own: OwnOptions = {}): Promise<void> {
  const question = questionIn(argv, own);
  if (question === undefined) return;
  const program = basename((runtime.standalone ? runtime.executable : process.argv[1]) ?? "PROGRAM");
  if (question === "version") await printVersion();
  else await printHelp((width) => `Usage: ${program} [options]\n\n${FORMS}\n\n${helpText(own, width)}`);
  process.exit(0);
}
