/**
 * `tine exec [PERSONALITY] [options] -- PROGRAM ARG…`: runs a program for each client.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { serve } from "./serve.ts";

/** Runs a server whose handler is the program behind `--`. */
export async function exec(args: readonly string[]): Promise<void> {
  if (!args.includes("--")) {
    throw new UsageError(
      "Missing the program to run; write tine exec [PERSONALITY] [options] -- PROGRAM ARG…, " +
        "or set exec in a configuration file and leave out the word exec",
    );
  }
  await serve(args, { before: 1 });
}
