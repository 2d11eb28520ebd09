/**
 * `tine [PERSONALITY] [HANDLER] [options]`: runs a server.
 *
 * @module
 */

import process from "node:process";
import { questionIn } from "../config/question.ts";
import { EX_OK } from "../exit_codes.ts";
import { startersDescriptors } from "../os/starters_descriptors.ts";
import { runServer } from "../server/server.ts";
import { loadNamedHandler } from "./named_handler.ts";

/**
 * Runs a server until it is stopped.
 *
 * @param options `before`: how many arguments stood before these.
 */
export async function serve(args: readonly string[], options: { before?: number } = {}): Promise<void> {
  const leftOpen = startersDescriptors("first");
  await runServer(async () => {
    const { handler, url, sources } = await loadNamedHandler(args, {
      before: options.before ?? 0,
      usage: "tine HANDLER [options]",
    });
    const question = questionIn(sources.argv, handler?.options);
    if (question !== undefined) {
      await (await import("./help.ts")).answerQuestion(question, { own: handler?.options });
      process.exit(EX_OK);
    }
    return { handler: handler ?? {}, handlerUrl: url, sources };
  }, leftOpen);
}
