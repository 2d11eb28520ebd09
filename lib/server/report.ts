/**
 * The one place that prints an error and ends the process.
 *
 * @module
 */

import process from "node:process";
import { describeFailure } from "../process/failure.ts";
import { printError } from "../process/print_error.ts";
import { isClients } from "./client_streams.ts";

/** Prints `error` to stderr, unless a client of a super-server would read it, and ends the process with its status. */
export function reportAndExit(error: unknown): never {
  const { text, exitCode } = describeFailure(error);
  if (!isClients(2)) printError(text);
  process.exit(exitCode);
}
