/**
 * The command line: a verb and its arguments, or, without a verb, a server.
 *
 * @module
 */

import process from "node:process";
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
  "--help": async () => (await import("./help.ts")).help,
  "-h": async () => (await import("./help.ts")).help,
  version: async () => (await import("./help.ts")).version,
  "--version": async () => (await import("./help.ts")).version,
  "-V": async () => (await import("./help.ts")).version,
};

/** Does what the arguments say. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  try {
    // Any other command ends by a signal as all programs do.
    const serves = args[0] === "exec" || args[0] === undefined || !Object.hasOwn(VERBS, args[0]);
    if (!serves) signalListeners.letGo();
    const verb = args[0] === undefined || !Object.hasOwn(VERBS, args[0]) ? undefined : VERBS[args[0]];
    if (verb !== undefined) await (await verb())(args.slice(1));
    else await (await import("./serve.ts")).serve(args);
  } catch (error) {
    reportAndExit(error);
  }
}
