/**
 * The call of `serve` in a process that such a call has started: in an executable, which is the only program there is.
 *
 * @module
 */

import { given } from "../process/given.ts";
import { runtime } from "../runtime/choose.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { childTicket } from "../server/role.ts";

/** Runs the server, or its child, if that is what this process was started for. It does not return then. */
export async function becomeServer(): Promise<void> {
  // Any other program's server is the command line.
  if (!runtime.standalone) return;
  const ticket = childTicket();
  // Its handler is a module, as a child's of the command line.
  if (ticket !== undefined) return await (await import("../child/run_named.ts")).runNamed(ticket);
  if (given === undefined) return;
  signalListeners.keep();
  const { reportAndExit } = await import("../server/report.ts");
  await (await import("../server/run_given.ts")).runGiven(given).catch(reportAndExit);
}
