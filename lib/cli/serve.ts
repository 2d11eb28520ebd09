/**
 * `tine [PERSONALITY] [HANDLER] [options]`: runs a server.
 *
 * @module
 */

import { splitPositionals } from "../config/command_line.ts";
import { nameHandler } from "../config/config.ts";
import { questionIn } from "../config/question.ts";
import type { Handler } from "../context.ts";
import { startersDescriptors } from "../os/starters_descriptors.ts";
import { runServer } from "../server/server.ts";
import { loadHandler } from "../handler/load.ts";

/**
 * Runs a server until it is stopped.
 *
 * @param options `before`: how many arguments stood before these.
 */
export async function serve(args: readonly string[], options: { before?: number } = {}): Promise<void> {
  const leftOpen = startersDescriptors("first");
  const { personality, handler: path, rest, firstArgument } = splitPositionals(args);
  const { handler, url } = path === undefined
    ? { handler: {} as Handler, url: undefined }
    : await loadHandler(path);
  const question = questionIn(rest, handler.options);
  if (question !== undefined) {
    return await (await import("./help.ts")).answerQuestion(question, handler.options);
  }
  await runServer({
    handler,
    handlerUrl: url,
    argv: rest,
    firstArgument: firstArgument + (options.before ?? 0),
    personality,
    leftOpen,
    ifUnknown: path === undefined ? nameHandler("tine HANDLER [options]") : undefined,
  });
}
