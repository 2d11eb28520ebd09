/**
 * How a server ends: closed, or by an error (Net::Server's `server_close` and `fatal`).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import process from "node:process";
import type { Handler } from "../context.ts";
import { type Daemon, reportFailure } from "../daemon/daemon.ts";
import type { Reporter } from "../process/self_spawn.ts";
import type { Logger } from "../log/logger.ts";
import { closeListeners } from "../listen/listen.ts";
import { callFatalHook, describeFailure, Uncaught } from "../process/failure.ts";
import { runtime } from "../runtime/choose.ts";
import type { ParentServer } from "./parent_view.ts";
import { settleSignals } from "../restart/reexec.ts";
import { type Loop, type Workers } from "./loop.ts";

/** Closes the server and ends the process. `gently`: clients are finished first. */
export async function closeServer(
  workers: Workers,
  options: { exitCode: number; gently: boolean },
): Promise<never> {
  const { server, logger, listeners, daemon } = workers.context;
  daemon.stopping();
  await workers.restarts.cancel();
  await workers.hooks.call("preServerClose", (hooks) => hooks.preServerClose?.(server), { isStopping: true });
  logger.log(LEVEL.notice, "Server closing!");
  if (options.gently) {
    logger.log(LEVEL.notice, "Attempting a slow shutdown");
    await workers.finish(Infinity);
  }
  await workers.end();
  // What came together with the signal to stop has its effect too.
  await settleSignals();
  workers.late();
  await workers.hooks.call("postChildCleanup", (hooks) => hooks.postChildCleanup?.(server), {
    isStopping: true,
  });
  workers.remove();
  closeListeners(listeners, (level, message) => logger.log(level, message));
  daemon.remove();
  logger.log(LEVEL.notice, "Server stopped");
  logger.close();
  runtime.exit(options.exitCode);
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
  const inHook = await callFatalHook(
    handler?.hooks, // which may be what is wrong with the program
    server,
    cause instanceof Uncaught ? errorOf(cause.cause) : cause,
  );
  if (inHook !== undefined) logger?.log(LEVEL.error, `The hook fatal threw ${errorOf(inHook).message}`);
  const isReported = reportFailure(reporter, cause);
  const { text, exitCode } = describeFailure(cause);
  if (loop === undefined) {
    daemon?.remove();
    // The command that waits prints it.
    if (isReported) process.exit(exitCode);
    throw error;
  }
  // What nothing has caught was told when it came.
  if (!(cause instanceof Uncaught)) logger?.log(LEVEL.error, text);
  try {
    await loop.close({ exitCode, gently: false });
  } catch (again) {
    // A hook on the way out threw too. No child may stay behind all the same.
    logger?.log(LEVEL.error, (again as Error).message);
    await loop.abandon();
    daemon?.remove();
  }
  process.exit(exitCode);
}
