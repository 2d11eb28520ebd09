/**
 * `tine [PERSONALITY] [HANDLER] [options]`: runs a server.
 *
 * @module
 */

import process from "node:process";
import { questionIn } from "../config/question.ts";
import type { LoadedConfig } from "../config/config.ts";
import { UsageError } from "../errors.ts";
import { EX_OK } from "../exit_codes.ts";
import { startersDescriptors } from "../os/starters_descriptors.ts";
import type { StartedAs } from "../server/read_options.ts";
import { runServer } from "../server/run_server.ts";
import { loadNamedHandler } from "./named_handler.ts";

/** How a command runs a server. */
export interface ServeOptions {
  /** How many arguments stood before those that are given. @default 0 */
  readonly before?: number;
  /** Whether it goes into the background, where other commands find it. @default false */
  readonly inBackground?: boolean;
}

/** A server in the background that nobody finds again is refused. One whose log is lost starts, and that is said. */
function checkBackground({ config }: LoadedConfig, { isFirst }: StartedAs): void {
  if (config.pidFile !== undefined) {
    // What goes on in the background would say it again.
    if (config.logFile !== undefined || !isFirst) return;
    process.stderr.write("tine: log_file is not set: the log is lost; write tine start --log_file FILE\n");
    return;
  }
  throw new UsageError(
    "Missing pid_file: the other commands find the server by it; write tine start --pid_file FILE, or -c FILE with one " +
      "that names it",
  );
}

/** Runs a server until it is stopped. */
export async function serve(
  args: readonly string[],
  { before = 0, inBackground = false }: ServeOptions = {},
): Promise<void> {
  const leftOpen = startersDescriptors("first");
  await runServer(async () => {
    const { handler, url, sources } = await loadNamedHandler(args, {
      before,
      usage: "tine HANDLER [options]",
    });
    const question = questionIn(sources.argv, handler?.options);
    if (question !== undefined) {
      await (await import("./help.ts")).answerQuestion(question, { own: handler?.options });
      process.exit(EX_OK);
    }
    const parts = { handler: handler ?? {}, handlerUrl: url, sources };
    return inBackground
      ? { ...parts, sources: { ...sources, code: { setsid: true } }, checkOptions: checkBackground }
      : parts;
  }, leftOpen);
}
