/**
 * INET: a super-server has accepted a client, and this process serves it and ends (Net::Server::INET).
 *
 * @module
 */

import { openAdmission, serve, type Serving, Thrown } from "../child/serve.ts";
import type { Connection } from "../connection/connection.ts";
import { runtime } from "../runtime/choose.ts";
import { type ParentAction, SIGNALS } from "../signals.ts";
import { HookError } from "../supervise/parent.ts";
import { takeClient } from "./inet_client.ts";
import { callHook, type Ground, type Loop } from "./loop.ts";

/** Takes the client, so that it can be served. */
export async function prepareLoop(ground: Ground): Promise<Loop> {
  const { handler, server, logger, config } = ground;
  const connection = takeClient({ timeout: config.idleTimeout * 1000 });
  const processRequest = handler.processRequest ?? (await import("../handler/echo.ts")).echo;
  const admission = await openAdmission(config, logger);
  const inet = new Inet(ground, connection, { server, handler, processRequest, logger, admission });
  server.supervising(() => [], (exitCode) => inet.close(exitCode));
  return {
    run: () => inet.run(),
    close: ({ exitCode }) => inet.close(exitCode),
    abandon: () => Promise.resolve(),
  };
}

/** The process and its one client. */
class Inet {
  readonly #ground: Ground;
  readonly #connection: Connection;
  readonly #serving: Serving;

  constructor(ground: Ground, connection: Connection, serving: Serving) {
    this.#ground = ground;
    this.#connection = connection;
    this.#serving = serving;
  }

  /** Serves the client, unless a signal to stop is quicker. */
  async run(): Promise<never> {
    const { server } = this.#ground;
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    this.#listen(stop);
    await callHook(this.#ground, "preLoop", (hooks) => hooks.preLoop?.(server));
    server.requests++;
    try {
      await Promise.race([serve(this.#serving, this.#connection), stopped]);
    } catch (error) {
      if (!(error instanceof Thrown)) throw error;
      const hook = /^the hook (.*)$/.exec(error.where)?.[1];
      throw hook === undefined ? error.cause : new HookError(hook, error.cause);
    }
    return await this.close(0);
  }

  #listen(stop: () => void): void {
    const { logger, server } = this.#ground;
    let quitting = false;
    const none = () => logger.log(2, `Cannot change the number of children: ${server.personality} has none`);
    const act: Record<ParentAction, () => void> = {
      stop,
      quit: () => {
        // A second one is impatience.
        if (quitting) stop();
        quitting = true;
        this.#connection.abort(new Error("Cannot go on for long: the server wants to stop"));
      },
      restart: () =>
        logger.log(2, `Cannot restart: ${server.personality} serves the one client that it was started for`),
      more: none,
      fewer: none,
      reopen: () => logger.reopen(),
      reap: () => {},
    };
    for (const { name, parent } of SIGNALS) {
      // CHLD is left to what the handler starts.
      if (parent !== undefined && parent !== "reap") runtime.onSignal(name, act[parent]);
    }
  }

  /** Runs the last hooks, and ends the process; what the handler has under way ends with it. */
  async close(exitCode: number): Promise<never> {
    const { server, logger } = this.#ground;
    await callHook(this.#ground, "preServerClose", (hooks) => hooks.preServerClose?.(server));
    logger.logTimed(2, "Server closing!");
    await callHook(this.#ground, "postChildCleanup", (hooks) => hooks.postChildCleanup?.(server));
    runtime.exit(exitCode);
  }
}
