/**
 * `tine --help` and `tine --version`.
 *
 * @module
 */

import type { OwnOptions } from "../config/options.ts";
import type { Question } from "../config/question.ts";
import { answer, FORMS } from "../server/answer.ts";

const USAGE =
  `Usage: tine [PERSONALITY] [HANDLER] [options]   run a server (PreForkSimple and an echo by default)
       tine exec [PERSONALITY] [HOOKS] [options] -- PROGRAM ARG…
                                                 run a program per connection, as inetd does
       tine check FILE [HANDLER] [options]       validate a file and print the effective options
       tine convert OLD [HANDLER] > NEW          convert a key-value file to TOML, or back
       tine stop|quit|reload|status [HANDLER] [options]
                                                 stop, reload or inspect the server with this pid_file
       tine scale +N|-N [options]                add or remove children
       tine --help | --version

HANDLER is the path of a module whose default export is a function (connection, server) or an object with
processRequest and hooks. ${FORMS}`;

/** Prints how Tine is used, with a handler's own options, or its version. */
export function answerQuestion(question: Question, own: OwnOptions = {}): Promise<void> {
  return answer(question, USAGE, own);
}

/** Prints how Tine is used. */
export function help(): Promise<void> {
  return answerQuestion("help");
}

/** Prints the version of Tine and of the runtime. */
export function version(): Promise<void> {
  return answerQuestion("version");
}
