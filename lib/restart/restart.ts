/**
 * HUP, from the signal to the moment when the program replaces itself (Net::Server's `hup_server`).
 *
 * - `restart.ts`, this file: the steps in their order.
 * - `prepare_restart.ts`: what is done beforehand, with nothing given up; `dry_run.ts` starts the program for it, and
 *   `dry_run_server.ts` is what that does.
 * - `reexec.ts`: the program executes itself. `inherited_state.ts`: what it hands to itself.
 *
 * Children do not notice any of it. The new parent has them beside its own, and tells them to leave as its own get ready:
 * `supervise/old_children.ts`.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { callHook } from "../process/failure.ts";
import { closeListeners, type Listener } from "../listen/listen.ts";
import type { Workers } from "../server/loop.ts";
import { prepareRestart, refuseRestart } from "./prepare_restart.ts";
import { executeAgain, HeldSignals, settleSignals } from "./reexec.ts";

/**
 * Restarts in place. It returns only if the new configuration or program is refused: the server goes on as it is.
 *
 * @param stop Stops the server instead, if a stop came meanwhile.
 */
export async function restartServer(workers: Workers, stop: () => Promise<never>): Promise<void> {
  const { server, logger, daemon, handler: { hooks } } = workers.context;
  const begun = Date.now();
  logger.log(LEVEL.notice, "Received a SIG HUP");
  daemon.reloading();
  // The new configuration before the old server is touched: an error in it must not cost the service.
  const { inbox } = workers;
  const added = await prepareRestart(workers.context, {
    fd: inbox.waker.fd,
    isDue: () => inbox.has("stop", "quit"),
    taken: () => inbox.waker.take(),
  });
  inbox.waker.wake(); // what was taken of it meanwhile may have been a child's wish
  if (added === undefined) return;
  await callHook(hooks, "preServerClose", (hooks) => hooks.preServerClose?.(server));
  if (!workers.outlivesRestart) await finishWorkers(workers);
  await callHook(hooks, "restartClose", (hooks) => hooks.restartClose?.(server));
  // A stop that came meanwhile wins over the restart. Its listener has its turn first.
  const held = new HeldSignals();
  let why: string | undefined;
  try {
    why = await replaceProgram(workers, { added, begun, held });
  } finally {
    // The program was not replaced.
    held.letIn();
    closeListeners(added);
  }
  if (why === undefined) return await stop();
  refuseRestart(workers.context, why);
}

/** What is known when the program is about to replace itself. */
interface Replacing {
  readonly added: readonly Listener[];
  readonly begun: number;
  readonly held: HeldSignals;
}

/**
 * The last steps, with signals held back.
 *
 * @returns undefined if the server is to stop instead; why not, if the program cannot be executed and children serve on
 * @throws that, where who served has come to an end
 */
async function replaceProgram(
  workers: Workers,
  { added, begun, held }: Replacing,
): Promise<string | undefined> {
  const { logger, listeners, daemon } = workers.context;
  await settleSignals();
  const late = workers.late();
  if (workers.stopRequested || late === "stop" || late === "quit") return undefined;
  logger.log(LEVEL.notice, "Re-exec server during HUP");
  const state = { listeners: [...listeners, ...added], ...workers.passedState(), daemon, logger, begun };
  try {
    executeAgain(state, held);
  } catch (error) {
    if (!workers.outlivesRestart) throw error;
    return (error as Error).message;
  }
}

/** A server without children finishes its clients first. Net::Server cuts them off; here they have their time. */
async function finishWorkers(workers: Workers): Promise<void> {
  const { config, server, logger, handler: { hooks } } = workers.context;
  logger.log(LEVEL.notice, "Reloading: clients are finished first");
  await workers.finish(config.stopTimeout * 1000);
  await workers.end();
  await callHook(hooks, "postChildCleanup", (hooks) => hooks.postChildCleanup?.(server));
  workers.remove();
}
