/**
 * A server's life in its parent, as Net::Server's manual lists it: configure, bind, loop, close.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import process from "node:process";
import { TineError } from "../errors.ts";
import { EX_OK, EX_UNAVAILABLE } from "../exit_codes.ts";
import { type LoadedConfig, type Sources } from "../config/config.ts";
import type { Address } from "../address.ts";
import type { Handler } from "../context.ts";
import { goToBackground } from "../daemon/background.ts";
import { confine } from "../daemon/confine.ts";
import { type Daemon, reportFailure } from "../daemon/daemon.ts";
import { confineParent, giveFiles, planConfinement } from "../daemon/privileges.ts";
import type { Purpose, Reporter } from "../process/self_spawn.ts";
import { DryRun } from "../restart/dry_run.ts";
import { listen, type Listener } from "../listen/listen.ts";
import { toHandler } from "../handler/check.ts";
import { isJournal } from "../log/journal.ts";
import { directLog, type Logger } from "../log/logger.ts";
import { giveLog } from "../log/open_log.ts";
import { programName } from "../process/program_name.ts";
import { callHook } from "../process/failure.ts";
import { ParentServer } from "./parent_view.ts";
import type { InheritedState } from "../restart/inherited_state.ts";
import { failServer } from "./close.ts";
import { openDaemon, openServerLog } from "./open_files.ts";
import { logOwnPrints, logUncaught } from "./own_prints.ts";
import type { Loop, LoopModule } from "./loop.ts";
import { loopOf } from "./loops.ts";
import { readOptions, type StartedAs } from "./read_options.ts";
import { planWatch } from "./plan_watch.ts";
import { dropInherited, type takeStart } from "./take_start.ts";
import { StoppedAtStart, unlessStopped } from "./stop_at_start.ts";
import { given } from "../process/given.ts";
import { endWithStarter } from "./end_with_starter.ts";
import { runtime } from "../runtime/choose.ts";
import { signalListeners } from "../runtime/signal_listeners.ts";
import { dryRunServer } from "../restart/dry_run_server.ts";

/** What a server is started with. */
export interface ServerParts {
  readonly handler: Handler;
  /** The URL of the handler's module where the command line named one. */
  readonly handlerUrl?: string | undefined;
  /** Where options come from; what the handler tells is added. */
  readonly sources: Omit<Sources, "own" | "defaults" | "hasFetch">;
  /** Refuses options that are not enough for what was asked for. */
  readonly checkOptions?: ((loaded: LoadedConfig, start: StartedAs) => void) | undefined;
  /** Told of each address that was bound. */
  readonly onListen?: ((address: Address) => void) | undefined;
}

/** How a server ends whose event loop has run empty, at the stage that it has reached. */
export interface Ends {
  fail: (error: Error) => Promise<never>;
  lastly: () => void;
  isLoaded: boolean;
  client?: () => Address | undefined;
}

/** The server's life, once its handler is loaded. */
export async function liveFrom(
  start: ReturnType<typeof takeStart>,
  parts: ServerParts,
  ends: Ends,
): Promise<never> {
  const { self, inherited, isFirst, leftOpen } = start;
  const { handler } = parts;
  if (self?.purpose.role === "dry_run") return await tryOnly(parts, self.purpose, self.reporter);
  const server = new ParentServer(parts.sources.personality ?? "PreForkSimple");
  const reporter = self?.reporter;
  let logger: Logger | undefined;
  let loop: Loop | undefined;
  let daemon: Daemon | undefined;
  const fail = async (error: unknown) => {
    if (inherited !== undefined && daemon === undefined) {
      // Nothing was taken of what was handed on.
      return await (await import("./await_mending.ts")).awaitMending(error, inherited, logger);
    }
    if (loop === undefined) await giveUp(server, inherited);
    if (error instanceof StoppedAtStart) endStopped(error, logger, reporter);
    return await failServer({ error, handler, server, logger, loop, daemon, reporter });
  };
  Object.assign(ends, { fail, lastly: () => server.release(), isLoaded: true, client: () => loop?.client });
  server.holding(inherited?.sockets ?? []);
  // After a restart there are children, who are to be told too: a stop waits until the server listens to it.
  const stoppable: typeof unlessStopped = inherited === undefined ? unlessStopped : (start) => start();
  const { promise: uncaught, reject } = Promise.withResolvers<never>();
  uncaught.catch(() => {});
  try {
    toHandler(handler, "the handler");
    const loaded = await stoppable(async () => {
      await callHook(handler.hooks, "configure", (hooks) => hooks.configure?.(server));
      return await readOptions(parts, start);
    });
    dropInherited(leftOpen);
    // Before the log is opened, as under inetd standard error is the client's socket.
    if (!loaded.personality.binds) (await import("./inet_client.ts")).hideErrors();
    const { background, setsid } = loaded.config;
    if ((background || setsid) && isFirst) return await goToBackground({ setsid });
    const log = openServerLog(loaded, inherited?.log);
    logger = log;
    logUncaught(log, (error) => loop === undefined ? reject(error) : loop.fail(error));
    const module = await Promise.race([uncaught, stoppable(() => configured(loaded, handler, server, log))]);
    daemon = openDaemon(loaded, log, start);
    const started = daemon;
    server.leaving(() => started.remove());
    const begun = prepare({ parts, loaded, server, logger, inherited, daemon, module, stoppable });
    loop = await Promise.race([uncaught, begun]);
    return await loop.run();
  } catch (error) {
    return await fail(error);
  }
}

/** Gives up a start that comes to nothing. */
async function giveUp(server: ParentServer, inherited: InheritedState | undefined): Promise<void> {
  // Sockets close with the process, which is about to end; the files of unix sockets would stay.
  server.release();
  // What goes on of the start may open more.
  process.once("exit", () => server.release());
  if (inherited !== undefined) await (await import("../restart/abandon.ts")).abandonInherited(inherited, {});
}

/** Ends the process, which a person has stopped before it was a server. */
function endStopped(
  { message }: StoppedAtStart,
  logger: Logger | undefined,
  reporter: Reporter | undefined,
): never {
  reportFailure(reporter, new TineError(message, { exitCode: EX_UNAVAILABLE }));
  logger?.log(LEVEL.notice, message);
  process.exit(EX_OK);
}

/** What comes between the options and the pid file. */
async function configured(
  loaded: LoadedConfig,
  handler: Handler,
  server: ParentServer,
  logger: Logger,
): Promise<LoopModule> {
  await startLog(logger, loaded, handler, server);
  const module = await loopOf(loaded.personality);
  module.checkHandler?.(handler);
  await callHook(handler.hooks, "postConfigure", (hooks) => hooks.postConfigure?.(server));
  return module;
}

/** Tries what a restart would do, reports, and ends the process. */
async function tryOnly(
  parts: ServerParts,
  purpose: Purpose & { role: "dry_run" },
  reporter: Reporter,
): Promise<never> {
  // The server that asked ends it when it likes.
  signalListeners.letGo();
  try {
    toHandler(parts.handler, "the handler");
    const loaded = await readOptions(parts);
    const { checkHandler } = await loopOf(loaded.personality);
    await dryRunServer(loaded, purpose, { ...parts, checkHandler });
    // What nothing has caught comes up with the next turn of the event loop.
    for (let turns = 0; turns < 2; turns++) await runtime.yieldToEvents();
    reporter.report({ done: "" });
  } catch (error) {
    reportFailure(reporter, error instanceof Error ? error : new Error(String(error)));
  }
  process.exit(0);
}

/** Directs the log, and says what reading the options has left to say. */
async function startLog(
  logger: Logger,
  { config, notes, personality }: LoadedConfig,
  handler: Handler,
  server: ParentServer,
): Promise<void> {
  server.personality = personality.name;
  server.configured(config, logger);
  await directLog(logger, { config, handler, server, journal: isJournal(process.env) });
  // However the process ends, what is still on its way to a log daemon goes first.
  process.once("exit", () => logger.close());
  logOwnPrints(logger);
  for (const note of notes) logger.log(LEVEL.notice, note);
}

/** What there is before anything is bound. */
interface Beginning {
  readonly parts: ServerParts;
  readonly loaded: LoadedConfig;
  readonly server: ParentServer;
  readonly logger: Logger;
  readonly inherited: InheritedState | undefined;
  readonly daemon: Daemon;
  readonly module: LoopModule;
  /** Does a part of the start, which a signal to stop ends. */
  readonly stoppable: typeof unlessStopped;
}

/** From the options to a personality that is ready to run: ports, then fewer rights. */
async function prepare(beginning: Beginning): Promise<Loop> {
  const { parts, loaded, server, logger, inherited, daemon, module, stoppable } = beginning;
  const listeners = await stoppable(() => openPorts(beginning));
  // From here on a signal to stop waits for the loop, which ends what is made now.
  // A personality without children loads what it needs first: nothing can be loaded from inside of a new root.
  const confineSelf = giveUpRights(beginning, listeners);
  const loop = await module.prepareLoop({
    handler: parts.handler,
    handlerUrl: parts.handlerUrl,
    config: loaded.config,
    server,
    logger,
    listeners,
    inherited,
    daemon,
    watched: planWatch(loaded, parts.handlerUrl),
    reread: () => readOptions({ ...parts, sources: { ...parts.sources, file: undefined } }),
    startTry: () =>
      new DryRun({
        role: "dry_run",
        hasChildren: loaded.personality.running === "children",
        sockets: listeners.map(({ fd, key }) => ({ fd, key })),
        pidFile: daemon.pidPath,
        logFile: logger.file,
      }),
  });
  confineSelf();
  if (given !== undefined) endWithStarter(given);
  return loop;
}

/** Binds the ports, or takes them over from before a restart. */
async function openPorts(
  { parts, loaded, server, logger, inherited }: Beginning,
): Promise<readonly Listener[]> {
  const { personality } = loaded;
  const { hooks } = parts.handler;
  const log = (level: number, message: string) => logger.log(level, message);
  const name = programName(loaded.config, parts.handlerUrl);
  // A process for each client would say it each time.
  logger.log(
    personality.binds ? LEVEL.notice : LEVEL.info,
    `${name} (type Tine::${server.personality}) starting! pid(${process.pid})`,
  );
  if (inherited !== undefined) {
    await callHook(hooks, "restartOpen", (hooks) => hooks.restartOpen?.(server));
    log(LEVEL.debug, "Binding open file descriptors");
  }
  const { listeners } = personality.binds
    ? await listen({ ...loaded, inherited: inherited?.sockets ?? [], log })
    : { listeners: [] };
  server.listeners = listeners.map(({ address }) => address);
  server.holding(listeners);
  await callHook(hooks, "postBind", (hooks) => hooks.postBind?.(server));
  for (const address of server.listeners) parts.onListen?.(address);
  return listeners;
}

/**
 * After the ports are bound and before the first client: another user, another root (Net::Server's `post_bind`).
 *
 * @returns What is left to do once everything is loaded, for a process that serves clients itself.
 */
function giveUpRights(
  { parts, loaded, logger, daemon, inherited }: Beginning,
  listeners: readonly Listener[],
): () => void {
  // Each reload, and each process that INET starts for one client, would say it again.
  const usual = inherited !== undefined ? LEVEL.debug : loaded.personality.binds ? LEVEL.notice : LEVEL.info;
  const log = (level: number, message: string) =>
    logger.log(level <= LEVEL.warning ? level : Math.max(level, usual), message);
  const confinement = planConfinement(loaded, log);
  const { become } = confinement;
  if (become !== undefined) {
    const sockets = listeners.flatMap(({ socketFile }) => socketFile === undefined ? [] : [socketFile.path]);
    // The pid file stays root's: who may write it may name any process there, for root to signal.
    giveFiles(sockets, become);
    giveLog(logger, become);
  }
  if (loaded.personality.running === "in_process") return () => confine(confinement);
  daemon.confinement = confineParent(confinement, {
    handlerUrl: parts.handlerUrl,
    app: loaded.config.app,
    log,
  });
  return () => {};
}
