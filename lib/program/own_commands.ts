/**
 * What a program that has called `run` answers in place of running its server: how it is used, its version, and the
 * commands that `tine` has for a server.
 *
 * @module
 */

import { basename } from "node:path";
import process from "node:process";
import { type Caller } from "../cli/caller.ts";
import { type Command, findCommand } from "../cli/commands.ts";
import type { PartialConfig } from "../config/options.ts";
import { type Question, questionIn } from "../config/question.ts";
import type { Handler } from "../context.ts";
import { EX_OK } from "../exit_codes.ts";
import { runtime } from "../runtime/choose.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";

/** The program, as a caller of commands. */
function callerOf(handler: Handler, code: PartialConfig): Caller {
  const name = basename((runtime.standalone ? runtime.executable : process.argv[1]) ?? "PROGRAM");
  return {
    name,
    takesHandler: false,
    load: (args, { before, file, flags }) =>
      Promise.resolve({
        handler,
        url: undefined,
        sources: {
          argv: file === undefined ? args : [`--conf_file=${file}`, ...args],
          firstArgument: 1 + before,
          code,
          flags,
          own: handler.options,
          defaults: handler.defaults,
          hasFetch: handler.fetch !== undefined,
        },
      }),
  };
}

/** The command that a first argument is; undefined if it begins a server's options, of which one may have its name. */
function commandOf(word: string | undefined, handler: Handler): Command | undefined {
  if (word === undefined || Object.hasOwn(handler.options ?? {}, word)) return undefined;
  const command = findCommand(word);
  return command?.isForPrograms ? command : undefined;
}

async function explain(
  question: Question,
  command: string | undefined,
  caller: Caller,
  handler: Handler,
): Promise<void> {
  const { answerQuestion } = await import("../cli/help.ts");
  await answerQuestion(question, { command, own: handler.options, caller });
}

/**
 * Does what the arguments ask for, and ends the process, unless they are a server's options.
 *
 * @throws {TineError} if it cannot be done
 */
export async function answerFor(
  argv: readonly string[],
  handler: Handler,
  config: PartialConfig,
): Promise<void> {
  const [word, ...rest] = argv;
  const command = commandOf(word, handler);
  const question = questionIn(command === undefined ? argv : rest, handler.options);
  if (command === undefined && question === undefined) return;
  // It ends by a signal as all programs do.
  signalListeners.letGo();
  const caller = callerOf(handler, config);
  if (question !== undefined) {
    await explain(question, command === undefined ? undefined : word, caller, handler);
  } else await (await command?.load())?.(rest, caller);
  process.exit(process.exitCode ?? EX_OK);
}
