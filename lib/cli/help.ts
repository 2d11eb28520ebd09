/**
 * `tine --help` and `tine --version`.
 *
 * @module
 */

import process from "node:process";
import { helpText } from "../config/describe.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";

const USAGE =
  `Usage: tine [PERSONALITY] [HANDLER] [options]   run a server (PreForkSimple and an echo by default)
       tine exec [PERSONALITY] [HOOKS] [options] -- PROGRAM ARG…
                                                 run a program for each client, as inetd does
       tine check FILE [options]                 check a configuration file and print what is in force
       tine convert OLD > NEW                    turn a key-value file into TOML, or back
       tine stop|quit|reload|status [options]    end, reload or look at the server with this pid_file
       tine scale +N|-N [options]                more or fewer children for it
       tine --help | --version

HANDLER is the path of a module whose default export is a function (connection, server) or an object with
processRequest and hooks. Options are --key value, --key=value or key=value; repeat a key for a list.
`;

/** Prints how Tine is used. */
export function help(): Promise<void> {
  process.stdout.write(`${USAGE}\n${helpText()}`);
  return Promise.resolve();
}

/** Prints the version of Tine and of the runtime. */
export function version(): Promise<void> {
  process.stdout.write(
    `tine ${VERSION} (${runtime.name} ${runtime.version}, ${process.platform} ${process.arch})\n`,
  );
  return Promise.resolve();
}
