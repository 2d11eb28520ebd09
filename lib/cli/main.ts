/**
 * The command line: a command and its arguments, or, without a command, a server.
 *
 * @module
 */

import process from "node:process";
import { questionIn } from "../config/question.ts";
import { given } from "../process/given.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { reportAndExit } from "../server/report.ts";
import { COMMANDS, findCommand } from "./commands.ts";

/** Does what the arguments say, of which the first may be a command. */
async function act(args: readonly string[]): Promise<void> {
  const [word = "", ...rest] = args;
  const command = findCommand(word);
  // Any other command ends by a signal as all programs do.
  if (command !== undefined && command.serves !== true) signalListeners.letGo();
  if (command !== undefined) {
    const question = questionIn(rest);
    if (question === undefined) return await (await command.load())(rest);
    return await (await import("./help.ts")).answerQuestion(question, { command: word });
  }
  (await import("./unknown_command.ts")).refuseUnknownCommand(args, Object.keys(COMMANDS));
  await (await import("./serve.ts")).serve(args);
}

/** Does what the arguments say. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    if (given !== undefined) return await (await import("../server/run_given.ts")).runGiven(given);
    await act(args);
  } catch (error) {
    reportAndExit(error);
  }
}
