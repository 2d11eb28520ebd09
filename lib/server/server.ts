/**
 * A server's life in its parent, as Net::Server's manual lists it: configure, bind, loop, close.
 *
 * @module
 */

import process from "node:process";
import { loadConfig, type LoadedConfig } from "../config/config.ts";
import type { PartialConfig } from "../config/options.ts";
import type { Handler } from "../context.ts";
import { listen } from "../listen/listen.ts";
import { isJournal } from "../log/journal.ts";
import { directLog, type Logger, openLog } from "../log/logger.ts";
import { nameHook } from "../supervise/parent.ts";
import { ParentServer } from "../supervise/parent_server.ts";
import { type Legacy, takeLegacy } from "../supervise/restart.ts";
import { failServer } from "./close.ts";
import type { Loop } from "./loop.ts";
import { loopOf } from "./loops.ts";

/** What a server is started with. */
export interface ServerParts {
  readonly handler: Handler;
  /** The URL of the handler's module where the command line named one. */
  readonly handlerUrl?: string | undefined;
  /** The options of the command line, without the positional arguments. */
  readonly argv: readonly string[];
  /** The number that messages give to the first of `argv`. */
  readonly firstArgument?: number | undefined;
  /** What code gave. */
  readonly code?: PartialConfig | undefined;
  /** The personality that the command line named. */
  readonly personality?: string | undefined;
}

/** Runs a server until it is stopped. The process ends with it. */
export async function runServer(parts: ServerParts): Promise<never> {
  const { handler } = parts;
  const server = new ParentServer(parts.personality ?? "PreForkSimple");
  let logger: Logger | undefined;
  let loop: Loop | undefined;
  const legacy = takeLegacy();
  server.holding(legacy?.sockets ?? []);
  try {
    await nameHook("configure", () => handler.hooks?.configure?.(server));
    const loaded = await readOptions(parts);
    // Before the log is opened, as under inetd standard error is the client's socket.
    if (!loaded.personality.binds) (await import("./inet_client.ts")).hideErrors();
    logger = openLog(loaded.config);
    await startLog(logger, loaded, handler, server);
    loop = await prepare({ parts, loaded, server, logger, legacy });
    return await loop.run();
  } catch (error) {
    // Sockets close with the process, which is about to end; the files of unix sockets would stay.
    if (loop === undefined) server.release();
    return await failServer({ error, handler, server, logger, loop });
  }
}

/** Reads and checks all options, with nothing begun yet. */
export async function readOptions(parts: ServerParts): Promise<LoadedConfig> {
  const { handler, argv, firstArgument, code, personality } = parts;
  const loaded = await loadConfig({
    argv,
    firstArgument,
    code,
    personality,
    own: handler.options,
    defaults: handler.defaults,
  });
  if (loaded.config.exec.length === 0) return loaded;
  return (await import("../handler/program_path.ts")).locateProgram(loaded, handler);
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
  for (const note of notes) logger.log(2, note);
}

/** What there is before anything is bound. */
interface Beginning {
  readonly parts: ServerParts;
  readonly loaded: LoadedConfig;
  readonly server: ParentServer;
  readonly logger: Logger;
  readonly legacy: Legacy | undefined;
}

/** From the options to a personality that is ready to run. */
async function prepare({ parts, loaded, server, logger, legacy }: Beginning): Promise<Loop> {
  const { config, personality } = loaded;
  const { handler, handlerUrl } = parts;
  const { hooks } = handler;
  const loop = await loopOf(personality);
  loop.checkHandler?.(handler);
  await nameHook("postConfigure", () => hooks?.postConfigure?.(server));
  // A process for each client would say it each time.
  logger.logTimed(personality.binds ? 2 : 3, `Tine::${server.personality} starting! pid(${process.pid})`);
  if (legacy !== undefined) {
    await nameHook("restartOpen", () => hooks?.restartOpen?.(server));
    logger.log(2, "Binding open file descriptors");
  }
  const log = (level: number, message: string) => logger.log(level, message);
  const { listeners } = personality.binds
    ? await listen({ ...loaded, inherited: legacy?.sockets ?? [], log })
    : { listeners: [] };
  server.listeners = listeners.map(({ address }) => address);
  server.holding(listeners);
  await nameHook("postBind", () => hooks?.postBind?.(server));
  return await loop.prepareLoop({
    config,
    handler,
    handlerUrl,
    server,
    logger,
    listeners,
    legacy,
    reread: () => readOptions(parts),
  });
}
