/**
 * INET: a super-server has accepted a client, and this process serves it and ends (Net::Server::INET).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { decide } from "../process/actions.ts";
import { callHook } from "../process/failure.ts";
import { Inbox } from "../process/inbox.ts";
import { openAdmission, openWork, serve, type Serving } from "../client/serve.ts";
import type { StreamConnection } from "../connection/stream.ts";
import { runtime } from "../runtime/choose.ts";
import { takeClient } from "./inet_client.ts";
import { type Loop, type ServerContext } from "./loop.ts";

/** Takes the client, so that it can be served. */
export async function prepareLoop(context: ServerContext): Promise<Loop> {
  const { handler, server, logger, config } = context;
  const connection = takeClient({ timeout: config.idleTimeout * 1000 });
  const work = await openWork(context, { listeners: [], maxClients: 1 });
  const admission = await openAdmission(config, logger);
  const denied = () => context.daemon.totals.deniedOne();
  const inet = new Inet(context, connection, { ...work, server, handler, logger, admission, denied });
  server.supervising(() => [], (exitCode) => inet.close(exitCode));
  return {
    client: connection.remoteAddr,
    run: () => inet.run(),
    fail: inet.fail,
    close: ({ exitCode }) => inet.close(exitCode),
    abandon: () => Promise.resolve(),
  };
}

/** The process and its one client. */
class Inet {
  readonly #context: ServerContext;
  readonly #connection: StreamConnection;
  readonly #serving: Serving;
  readonly #inbox = new Inbox();
  readonly #stopped = Promise.withResolvers<void>();
  /** Ends the service of the client by an error. */
  readonly fail: (error: unknown) => void = this.#stopped.reject;
  #quitting = false;

  constructor(context: ServerContext, connection: StreamConnection, serving: Serving) {
    this.#context = context;
    this.#connection = connection;
    this.#serving = serving;
    // It may come while a hook runs, before anybody waits for it.
    this.#stopped.promise.catch(() => {});
  }

  /** Serves the client, unless a signal to stop is quicker. */
  async run(): Promise<never> {
    const { server } = this.#context;
    // CHLD is left to what the handler starts.
    this.#inbox.listen([], { except: ["reap"] });
    const { promise: stopped, resolve: stop } = this.#stopped;
    this.#inbox.onPush = () => this.#handle(stop);
    this.#handle(stop);
    await callHook(this.#context.handler.hooks, "preLoop", (hooks) => hooks.preLoop?.(server));
    server.requests++;
    this.#context.daemon.totals.took();
    await Promise.race([serve(this.#serving, this.#connection), stopped]);
    return await this.close(0);
  }

  /** Does what signals ask for. */
  #handle(stop: () => void): void {
    const { logger, server } = this.#context;
    const { more, fewer, reopen, end } = decide(this.#inbox.take().actions);
    if (reopen) logger.reopen();
    if (more + fewer > 0) {
      logger.log(LEVEL.notice, `Cannot change the number of children: ${server.personality} has none`);
    }
    if (end === "restart") {
      logger.log(
        LEVEL.notice,
        `Cannot restart: ${server.personality} serves the one client that it was started for`,
      );
    } else if (end === "stop" || this.#quitting) {
      // A second one ends it at once.
      if (end !== undefined) stop();
    } else if (end === "quit") {
      this.#quitting = true;
      this.#connection.abort(new Error("Cannot go on for long: the server wants to stop"));
    }
  }

  /** Runs the last hooks, and ends the process; what the handler has under way ends with it. */
  async close(exitCode: number): Promise<never> {
    const { server, logger } = this.#context;
    await callHook(this.#context.handler.hooks, "preServerClose", (hooks) => hooks.preServerClose?.(server));
    logger.log(LEVEL.notice, "Server closing!");
    await callHook(
      this.#context.handler.hooks,
      "postChildCleanup",
      (hooks) => hooks.postChildCleanup?.(server),
    );
    runtime.exit(exitCode);
  }
}
