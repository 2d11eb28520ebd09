/**
 * `tine exec [PERSONALITY] [options] -- PROGRAM ARG…`: runs a program for each client.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { serve } from "./serve.ts";

/** How `tine exec` is called, and what it does. */
export const USAGE = `Usage: tine exec [PERSONALITY] [HOOKS] [options] -- PROGRAM ARG…

Runs a server that starts PROGRAM for each connection, which is the program's standard input and output, as under inetd.
HOOKS is the path of a module with hooks. Options about the program: exec_timeout, exec_kill_after, exec_stderr.

    tine exec -p 127.0.0.1:9418 -- git daemon --inetd --base-path=/srv/git /srv/git
`;

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
