/**
 * What a personality runs on, and what it gives back: the parts that the server's life has in common.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Address } from "../address.ts";
import type { LoadedConfig } from "../config/config.ts";
import type { Config } from "../config/options.ts";
import type { Handler } from "../context.ts";
import type { Daemon, ReadyInfo } from "../daemon/daemon.ts";
import type { DryRun } from "../restart/dry_run.ts";
import { kindOf } from "../listen/bind.ts";
import { backlogOf, formatListener, type Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/choose.ts";
import type { LoopEnd } from "../process/actions.ts";
import { programName } from "../process/program_name.ts";
import type { ParentHooks } from "../process/parent_hooks.ts";
import type { Inbox } from "../process/inbox.ts";
import type { ParentServer } from "./parent_view.ts";
import type { Restarts } from "../restart/restart.ts";
import type { InheritedState, PassedState } from "../restart/inherited_state.ts";
import type { WatchPlan } from "../watch/watch_plan.ts";

/** A server that has its options and its ports. */
export interface ServerContext {
  readonly config: Config;
  readonly handler: Handler;
  /** The URL of the handler's module where the command line named one. */
  readonly handlerUrl: string | undefined;
  readonly server: ParentServer;
  readonly logger: Logger;
  /** Empty for a personality that binds none. */
  readonly listeners: readonly Listener[];
  /** What the program handed to itself if it was restarted. The listening sockets are among `listeners` already. */
  readonly inherited: InheritedState | undefined;
  /** Its pid file, and what it tells of itself. */
  readonly daemon: Daemon;
  /** The files whose changes reload it; undefined if it watches none. */
  readonly watched: WatchPlan | undefined;
  /** Reads the options again and checks them. */
  readonly reread: () => Promise<LoadedConfig>;
  /** Starts the program on disk to try a restart. @throws {SpawnError} */
  readonly startTry: () => DryRun;
}

/** What serves the clients: the children, or this process itself. */
export interface Workers {
  readonly context: ServerContext;
  readonly inbox: Inbox;
  /** Calls the hooks that this process has. */
  readonly hooks: ParentHooks;
  /** What comes of HUP. */
  readonly restarts: Restarts;
  /** Whether it goes on serving while the server is restarted. */
  readonly outlivesRestart: boolean;
  /** Set when a stop came while clients were being finished. */
  readonly stopRequested: boolean;
  /** Takes no more clients and finishes those that are there, for `timeoutMs` at most, or until another signal. */
  finish(timeoutMs: number): Promise<void>;
  /** Ends what is still at work. */
  end(): Promise<void>;
  /** Does what signals ask for that came while the server was about to restart. Returns what they want of its end. */
  late(): LoopEnd | undefined;
  /** Removes what was made for it outside this process. */
  remove(): void;
  /** What is handed on at a restart, beside the listening sockets. */
  passedState(): Pick<PassedState, "deathPipe" | "generations" | "outputs" | "mailbox">;
}

/**
 * Tells the log, the waiting command and `tine status` that the server is up. Before the first child is started,
 * which inherits the standard streams as they are then.
 *
 * @param how Who serves, such as `50 children`.
 */
export function introduce(
  context: ServerContext,
  how: string,
  scoreboards: Pick<ReadyInfo, "scoreboard" | "oldScoreboards"> = {},
): void {
  const { config, handlerUrl, listeners, server, logger, daemon, inherited } = context;
  const addresses = listeners.map(formatListener);
  const { personality, pid } = server;
  logger.log(
    LEVEL.notice,
    `${inherited === undefined ? "" : "Reloaded: "}Listening on ${
      addresses.join(", ")
    } (${personality}, ${how}, ${runtime.name} ${runtime.version}); ` +
      `to stop: kill ${pid}`,
  );
  const name = programName(config, handlerUrl);
  const backlog = backlogOf(config);
  const sockets = listeners.map(({ fd, proto }) => ({
    fd,
    proto,
    backlog: kindOf(proto) === "stream" ? backlog : undefined,
  }));
  daemon.listening({ name, personality, listeners: addresses, sockets, how, ...scoreboards }, {
    addresses: listeners.map(({ address }) => address),
    logFd: logger.fileFd,
  });
}

/** Has the server reload when files change, if it is to watch any. It goes on with its work meanwhile. */
export function watchFiles(workers: Workers): void {
  const { context } = workers;
  if (context.watched === undefined) return;
  startWatching(workers, context.watched).catch((error: Error) =>
    context.logger.log(LEVEL.warning, `Cannot watch files: ${error.message}`)
  );
}

async function startWatching({ context, restarts }: Workers, watched: WatchPlan): Promise<void> {
  const { logger } = context;
  const { Watcher } = await import("../watch/watcher.ts");
  const watcher = new Watcher(watched, {
    changed: (cause) => restarts.ask(cause),
    warn: (message) => logger.log(LEVEL.warning, message),
  });
  const count = await watcher.start();
  const level = context.inherited === undefined ? LEVEL.notice : LEVEL.debug;
  logger.log(level, `Watching ${count} ${count === 1 ? "file" : "files"} for changes`);
}

/** A personality at work. */
export interface Loop {
  /** The client that this process serves, if it serves one at a time. */
  readonly client?: Address | undefined;
  /** Serves until the server is to stop, and ends the process. */
  run(): Promise<never>;
  /** Has {@linkcode run} throw this, as soon as it can. */
  fail(error: unknown): void;
  /** Closes the server and ends the process. `gently`: clients are finished first. */
  close(options: { exitCode: number; gently: boolean }): Promise<never>;
  /** Ends whatever runs and removes what is left, without hooks: closing has failed. */
  abandon(): Promise<void>;
}

/** The module of a personality. */
export interface LoopModule {
  /** Looks, before anything is bound, whether a handler has what the personality needs. @throws {TineError} if not */
  checkHandler?(handler: Handler): void;
  /** From a server with ports to one that is ready to run. */
  prepareLoop(context: ServerContext): Promise<Loop>;
}
