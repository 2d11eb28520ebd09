/**
 * Whose commands are called: those of `tine`, or of a program that has called `run` and answers the same.
 *
 * @module
 */

import { loadNamedHandler, type NamedHandler, type ReadingOptions } from "./named_handler.ts";

/** A program with commands. */
export interface Caller {
  /** What a person types to call it, for messages. */
  readonly name: string;
  /** Whether its arguments name a handler. It has one of its own otherwise. */
  readonly takesHandler: boolean;
  /** Reads the arguments of a command. @throws {TineError} if the handler that they name cannot be loaded */
  load(args: readonly string[], options: ReadingOptions): Promise<NamedHandler>;
}

/** The command line of Tine. */
export const TINE: Caller = { name: "tine", takesHandler: true, load: loadNamedHandler };

/** How a command is called, in the words of its caller. */
export function usageFor({ name, takesHandler }: Caller, usage: string): string {
  if (takesHandler) return usage;
  return usage
    .replaceAll(/\btine (?=[a-z])/g, `${name} `)
    .replaceAll(" [HANDLER]", "")
    .replaceAll(/^Name the HANDLER.*\n/gm, "");
}
