/**
 * The command line: a verb and its arguments, or, without a verb, a server.
 *
 * @module
 */

import process from "node:process";
import { questionIn } from "../config/question.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { reportAndExit } from "../server/report.ts";

/** The verbs, each in a module of its own that is loaded when it is asked for. */
const VERBS: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<void>>>> = {
  check: async () => (await import("./check.ts")).check,
  exec: async () => (await import("./exec.ts")).exec,
  convert: async () => (await import("./convert.ts")).convertFile,
  stop: async () => (await import("./stop.ts")).stop,
  quit: async () => (await import("./stop.ts")).quit,
  reload: async () => (await import("./reload.ts")).reload,
  scale: async () => (await import("./scale.ts")).scale,
  status: async () => (await import("./status.ts")).status,
  help: async () => (await import("./help.ts")).help,
  version: async () => (await import("./help.ts")).version,
};

/** Does what the arguments say, of which the first may be a verb. */
async function act(args: readonly string[]): Promise<void> {
  const [word = "", ...rest] = args;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  // Any other command ends by a signal as all programs do.
  if (verb !== undefined && word !== "exec") signalListeners.letGo();
  if (verb !== undefined) {
    const question = questionIn(rest);
    if (question !== undefined) return await (await import("./help.ts")).answerQuestion(question);
    return await (await verb())(rest);
  }
  (await import("./unknown_command.ts")).refuseUnknownCommand(args, Object.keys(VERBS));
  await (await import("./serve.ts")).serve(args);
}

/** Does what the arguments say. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    await act(args);
  } catch (error) {
    reportAndExit(error);
  }
}
