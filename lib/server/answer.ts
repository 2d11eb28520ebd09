/**
 * What a program answers in place of running its server: how it is used, and its version.
 *
 * @module
 */

import { basename } from "node:path";
import process from "node:process";
import { helpText } from "../config/describe.ts";
import type { OwnOptions } from "../config/options.ts";
import { type Question, questionIn } from "../config/question.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";

/** How options are written. */
export const FORMS = "Options are --key value, --key=value or key=value; repeat a key for a list.\n";

/** Prints the answer; resolved when it is written. */
export function answer(question: Question, usage: string, own: OwnOptions = {}): Promise<void> {
  const text = question === "help"
    ? `${usage}\n${helpText(own)}`
    : `tine ${VERSION} (${runtime.name} ${runtime.version}, ${process.platform} ${process.arch})\n`;
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** Answers the question that the arguments of a program that calls `run` ask, and ends the process, if they ask one. */
export async function answerFor(argv: readonly string[], own: OwnOptions = {}): Promise<void> {
  const question = questionIn(argv, own);
  if (question === undefined) return;
  const program = basename((runtime.standalone ? runtime.executable : process.argv[1]) ?? "PROGRAM");
  await answer(question, `Usage: ${program} [options]\n\n${FORMS}`, own);
  process.exit(0);
}
