/**
 * The one place that prints an error and ends the process.
 *
 * @module
 */

import process from "node:process";
import { TineError } from "../errors.ts";
import { EX_FATAL } from "../exit_codes.ts";
import { isClients } from "./client_streams.ts";

/** The lines for `error` and the status to end with. A mistake of the user's is one line; a fault of ours, all we know. */
export function describeError(error: unknown): { text: string; exitCode: number } {
  if (error instanceof TineError) return { text: `tine: ${error.message}`, exitCode: error.exitCode };
  // Loaded with the parent only, hence by its name.
  if (error instanceof Error && error.name === "HookError") {
    return { text: `tine: ${error.message.replaceAll(/\n\s*/g, " | ")}`, exitCode: EX_FATAL };
  }
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return { text: `tine: ${text}`, exitCode: EX_FATAL };
}

/** Prints `error` to stderr, unless a client of a super-server would read it, and ends the process with its status. */
export function reportAndExit(error: unknown): never {
  const { text, exitCode } = describeError(error);
  if (!isClients(2)) process.stderr.write(`${text}\n`);
  process.exit(exitCode);
}
