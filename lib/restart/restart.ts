/**
 * HUP, from the signal to the moment when the program replaces itself (Net::Server's `hup_server`).
 *
 * - `restart.ts`, this file: the steps in their order.
 * - `dry_run.ts`: the program is started beside the server to try what a restart does, with nothing given up;
 *   `dry_run_server.ts` is what it does, `prepare_restart.ts` what comes of it.
 * - `reexec.ts`: the program executes itself. `inherited_state.ts`: what it hands to itself.
 *
 * Children do not notice any of it. The new parent has them beside its own, and tells them to leave as its own get ready:
 * `supervise/old_children.ts`.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { sendSignal } from "../os/process.ts";
import { setAlarm } from "../process/alarm.ts";
import { closeListeners, type Listener } from "../listen/listen.ts";
import type { Workers } from "../server/loop.ts";
import type { DryRun } from "./dry_run.ts";
import { stateOf } from "./inherited_state.ts";
import { concludeTry, refuseRestart } from "./prepare_restart.ts";
import { executeAgain, HeldSignals, settleSignals } from "./reexec.ts";

/** A restart that is being tried, or is ready to be made. */
interface Attempt {
  readonly begun: number;
  /** The program that tries it. */
  readonly dryRun: DryRun;
  /** What called for another one meanwhile. */
  again?: string;
  /** Whether it was ended since something else is to be tried. */
  isOutdated?: boolean;
  /** The listeners that are added, once it is ready. */
  added?: readonly Listener[];
}

/** How long a try may go on once files have changed since it began, in milliseconds. */
const LONGEST_OUTDATED_MS = 1000;

/** Gives up a try for the sake of the next. */
async function drop(dryRun: DryRun): Promise<undefined> {
  await dryRun.cancel();
}

/** The restarts of a server. It goes on with its work while one is tried. */
export class Restarts {
  readonly #workers: Workers;
  readonly #stop: () => Promise<never>;
  #attempt: Attempt | undefined;
  /** What calls for the next one, where that is no signal. */
  #cause: string | undefined;

  /** @param stop Stops the server instead, if a stop comes when it is about to be replaced. */
  constructor(workers: Workers, stop: () => Promise<never>) {
    this.#workers = workers;
    this.#stop = stop;
  }

  /** Asks for a restart, as HUP does. `cause`: what for, for the log. */
  ask(cause: string): void {
    this.#cause = cause;
    this.#workers.inbox.push("restart");
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.isOutdated) return;
    // What hangs while it is tried may have been mended.
    setAlarm(LONGEST_OUTDATED_MS, () => {
      if (this.#attempt !== attempt || attempt.added !== undefined) return;
      attempt.isOutdated = true;
      sendSignal(attempt.dryRun.pid, "KILL");
    });
  }

  /** HUP: tries the new configuration beside the server, before that is touched: an error must not cost the service. */
  begin(): void {
    const cause = this.#cause ?? "Received a SIG HUP";
    this.#cause = undefined;
    if (this.#attempt !== undefined) {
      this.#attempt.again = cause;
      return;
    }
    const { context, inbox } = this.#workers;
    context.logger.log(LEVEL.notice, cause);
    context.daemon.reloading();
    try {
      this.#attempt = { begun: Date.now(), dryRun: context.startTry() };
      inbox.watch(this.#attempt.dryRun.fd);
    } catch (error) {
      refuseRestart(context, (error as Error).message);
    }
  }

  /** Whether a restart was tried meanwhile, and can be made. To be asked at each turn of the loop. */
  async isReady(): Promise<boolean> {
    const attempt = this.#attempt;
    if (attempt?.added !== undefined) return true;
    if (attempt?.dryRun.isOver !== true) return false;
    const { context, inbox } = this.#workers;
    inbox.unwatch(attempt.dryRun.fd);
    const added = attempt.isOutdated
      ? await drop(attempt.dryRun)
      : await concludeTry(attempt.dryRun, context);
    if (added !== undefined) {
      attempt.added = added;
      return true;
    }
    this.#attempt = undefined;
    // What HUP came for since then has not been tried.
    if (attempt.again !== undefined) this.ask(attempt.again);
    return false;
  }

  /** Whether `pid` is the program that tries the new configuration. */
  awaits(pid: number): boolean {
    return this.#attempt?.dryRun.pid === pid;
  }

  /** Gives up what is being tried: the server is to stop. */
  async cancel(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    if (attempt.added !== undefined) return closeListeners(attempt.added);
    this.#workers.inbox.unwatch(attempt.dryRun.fd);
    await attempt.dryRun.cancel();
    // A server that is to stop does not go on.
    refuseRestart(this.#workers.context, "Cannot check the new configuration: the server is to stop", "");
  }

  /** Replaces the program. It returns only if that cannot be done: the server goes on as it is. */
  async replace(): Promise<void> {
    const { begun, added } = this.#attempt ?? {};
    this.#attempt = undefined;
    if (begun === undefined || added === undefined) return;
    const { outlivesRestart, context } = this.#workers;
    const { server } = context;
    const { hooks } = this.#workers;
    await hooks.call("preServerClose", (hooks) => hooks.preServerClose?.(server));
    if (!outlivesRestart) await finishWorkers(this.#workers);
    await hooks.call("restartClose", (hooks) => hooks.restartClose?.(server));
    // A stop that came meanwhile wins over the restart. Its listener has its turn first.
    const held = new HeldSignals();
    let why: string | undefined;
    try {
      why = await replaceProgram(this.#workers, { added, begun, held });
    } finally {
      // The program was not replaced.
      held.letIn();
      closeListeners(added);
    }
    if (why === undefined) return await this.#stop();
    refuseRestart(context, why);
  }
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
  const { logger, listeners, daemon, watched } = workers.context;
  await settleSignals();
  const late = workers.late();
  if (workers.stopRequested || late === "stop" || late === "quit") return undefined;
  logger.log(LEVEL.notice, "Re-exec server during HUP");
  const state = stateOf({
    listeners: [...listeners, ...added],
    ...workers.passedState(),
    daemon,
    logger,
    watched,
    begun,
  });
  // Nothing is to be left in this process that was said in it.
  logger.close();
  try {
    executeAgain(state, held);
  } catch (error) {
    if (!workers.outlivesRestart) throw error;
    return (error as Error).message;
  }
}

/** A server without children finishes its clients first. Net::Server cuts them off; here they have their time. */
async function finishWorkers(workers: Workers): Promise<void> {
  const { config, server, logger } = workers.context;
  logger.log(LEVEL.notice, "Reloading: clients are finished first");
  await workers.finish(config.stopTimeout * 1000);
  await workers.end();
  await workers.hooks.call("postChildCleanup", (hooks) => hooks.postChildCleanup?.(server));
  workers.remove();
}
