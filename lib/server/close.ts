/**
 * How a server ends: closed, restarted, or by an error (Net::Server's `server_close`, `hup_server` and `fatal`).
 *
 * @module
 */

import process from "node:process";
import type { Handler } from "../context.ts";
import { type Daemon, reportFailure } from "../daemon/daemon.ts";
import type { Reporter } from "../process/self_spawn.ts";
import type { Logger } from "../log/logger.ts";
import { closeListeners } from "../listen/listen.ts";
import { callHook, describeFailure, Uncaught } from "../process/failure.ts";
import { runtime } from "../runtime/choose.ts";
import type { ParentServer } from "./parent_view.ts";
import { executeAgain, HeldSignals, settleSignals } from "../restart/reexec.ts";
import { type Loop, type Workers } from "./loop.ts";
import { prepareRestart } from "../restart/prepare_restart.ts";

/** Closes the server and ends the process. `gently`: clients are finished first. */
export async function closeServer(
  workers: Workers,
  options: { exitCode: number; gently: boolean },
): Promise<never> {
  const { server, logger, listeners, daemon } = workers.context;
  daemon.stopping();
  await callHook(workers.context.handler.hooks, "preServerClose", (hooks) => hooks.preServerClose?.(server));
  logger.log(2, "Server closing!");
  if (options.gently) {
    logger.log(3, "Attempting a slow shutdown");
    await workers.finish(Infinity);
  }
  await workers.end();
  // What came together with the signal to stop has its effect too.
  await settleSignals();
  workers.late();
  await callHook(
    workers.context.handler.hooks,
    "postChildCleanup",
    (hooks) => hooks.postChildCleanup?.(server),
  );
  workers.remove();
  closeListeners(listeners, (level, message) => logger.log(level, message));
  daemon.remove();
  logger.log(2, "Server stopped");
  logger.close();
  runtime.exit(options.exitCode);
}

/** Restarts in place. It returns only if that is not possible: the server goes on as it is. */
export async function restartServer(workers: Workers): Promise<void> {
  const { config, server, logger, listeners, daemon } = workers.context;
  logger.log(2, "Received a SIG HUP");
  daemon.reloading();
  // The new configuration before the old server is touched: a mistake in it must not cost the service.
  const { inbox } = workers;
  const added = await prepareRestart(workers.context, {
    fd: inbox.waker.fd,
    isDue: () => inbox.has("stop", "quit"),
    taken: () => inbox.waker.take(),
  });
  inbox.waker.wake(); // what was taken of it meanwhile may have been a child's wish
  if (added === undefined) return;
  await callHook(workers.context.handler.hooks, "preServerClose", (hooks) => hooks.preServerClose?.(server));
  logger.log(2, "Reloading: clients are finished first");
  if (config.leaveChildrenOpenOnHup && workers.outlivesRestart) {
    await workers.finish(0);
  } else {
    // Net::Server ends them at once; here their clients are served first, within stop_timeout.
    await workers.finish(config.stopTimeout * 1000);
    await workers.end();
    await callHook(
      workers.context.handler.hooks,
      "postChildCleanup",
      (hooks) => hooks.postChildCleanup?.(server),
    );
  }
  workers.remove();
  await callHook(workers.context.handler.hooks, "restartClose", (hooks) => hooks.restartClose?.(server));
  // A signal to stop that came meanwhile outweighs the restart; its listener is given its turn first.
  const held = new HeldSignals();
  await settleSignals();
  const late = workers.late();
  if (workers.stopRequested || late === "stop" || late === "quit") {
    closeListeners(added);
    held.letIn();
    return await closeServer(workers, { exitCode: 0, gently: false });
  }
  logger.log(2, "Re-exec server during HUP");
  try {
    executeAgain({ listeners: [...listeners, ...added], ...workers.passedState(), daemon, logger }, held);
  } catch (error) {
    closeListeners(added);
    throw error;
  }
}

/** What is known when an error ends the server. */
export interface Failure {
  readonly error: unknown;
  readonly handler: Handler;
  readonly server: ParentServer;
  readonly logger: Logger | undefined;
  readonly loop: Loop | undefined;
  /** Undefined while the server is not yet that far. */
  readonly daemon: Daemon | undefined;
  /** Who waits for the server to come up. */
  readonly reporter: Reporter | undefined;
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * Ends the server because of an error.
 *
 * @throws what it was given if there is no server to close yet: the command line reports it
 */
export async function failServer(failure: Failure): Promise<never> {
  const { error, handler, server, logger, loop, daemon, reporter } = failure;
  const cause = errorOf(error);
  try {
    await handler.hooks?.fatal?.(server, cause instanceof Uncaught ? errorOf(cause.cause) : cause);
  } catch (inHook) {
    logger?.log(0, `The hook fatal threw ${(inHook as Error).message}`);
  }
  const isReported = reportFailure(reporter, cause);
  const { text, exitCode } = describeFailure(cause);
  if (loop === undefined) {
    daemon?.remove();
    // The command that waits prints it.
    if (isReported) process.exit(exitCode);
    throw error;
  }
  // What nothing has caught was told when it came.
  if (!(cause instanceof Uncaught)) logger?.log(0, text);
  try {
    await loop.close({ exitCode, gently: false });
  } catch (again) {
    // A hook on the way out threw too; nobody may be left behind all the same.
    logger?.log(0, (again as Error).message);
    await loop.abandon();
    daemon?.remove();
  }
  process.exit(exitCode);
}
