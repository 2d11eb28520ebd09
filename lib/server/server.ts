/**
 * A server's life in its parent, as Net::Server's manual lists it: configure, bind, loop, close.
 *
 * @module
 */

import process from "node:process";
import { loadConfig, type LoadedConfig } from "../config/config.ts";
import type { Config, PartialConfig } from "../config/options.ts";
import type { Handler } from "../context.ts";
import { listen } from "../listen/listen.ts";
import { type Logger, openLog } from "../log/logger.ts";
import { createPipe } from "../os/descriptor.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { runtime } from "../runtime/choose.ts";
import { chooseSerializer, prepareSerializer } from "../serialize/prepare.ts";
import { nameHook, Parent } from "../supervise/parent.ts";
import { ParentServer } from "../supervise/parent_server.ts";
import { takeLegacy } from "../supervise/restart.ts";
import { supervise } from "../supervise/supervise.ts";
import { closeServer, failServer, restartServer } from "./close.ts";

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
  const server = new ParentServer("PreForkSimple");
  let logger: Logger | undefined;
  let parent: Parent | undefined;
  try {
    await nameHook("configure", () => handler.hooks?.configure?.(server));
    const loaded = await readOptions(parts);
    logger = startLog(loaded, handler, server);
    parent = await prepare(parts, loaded, server, logger);
    return await live(parent);
  } catch (error) {
    return await failServer({ error, handler, server, logger, parent });
  }
}

/** Reads and checks all options, with nothing begun yet. */
export function readOptions(parts: ServerParts): Promise<LoadedConfig> {
  const { handler, argv, firstArgument, code, personality } = parts;
  return loadConfig({
    argv,
    firstArgument,
    code,
    personality,
    own: handler.options,
    defaults: handler.defaults,
  });
}

function startLog({ config, notes }: LoadedConfig, handler: Handler, server: ParentServer): Logger {
  const logger = openLog(config);
  const { writeToLog } = handler.hooks ?? {};
  if (writeToLog) logger.useSink((level, message) => writeToLog(server, level, message));
  server.configured(config, logger);
  for (const note of notes) logger.log(2, note);
  return logger;
}

/** From the options to a parent that has all it needs, children apart. */
async function prepare(
  parts: ServerParts,
  loaded: LoadedConfig,
  server: ParentServer,
  logger: Logger,
): Promise<Parent> {
  const { config, origins } = loaded;
  const { hooks } = parts.handler;
  await nameHook("postConfigure", () => hooks?.postConfigure?.(server));
  const legacy = takeLegacy();
  logger.logTimed(2, `Tine::${server.personality} starting! pid(${process.pid})`);
  if (legacy !== undefined) {
    await nameHook("restartOpen", () => hooks?.restartOpen?.(server));
    logger.log(2, "Binding open file descriptors");
  }
  const { listeners } = await listen({
    config,
    origins,
    inherited: legacy?.sockets ?? [],
    log: (level, message) => logger.log(level, message),
  });
  server.listeners = listeners.map(({ address }) => address);
  await nameHook("postBind", () => hooks?.postBind?.(server));
  const { kind, note } = chooseSerializer({ serialize: config.serialize, listeners: listeners.length });
  if (note !== undefined) logger.log(2, note);
  logger.log(3, kind === "none" ? "Using no serialization" : `Setting up serialization via ${kind}`);
  const serializer = await prepareSerializer(kind, config.lockFile);
  const parent = new Parent({
    config,
    handler: parts.handler,
    handlerUrl: parts.handlerUrl,
    server,
    logger,
    listeners,
    serializer,
    lifeline: legacy?.lifeline ?? createPipe(),
    reread: () => readOptions(parts),
  });
  for (const pid of legacy?.children ?? []) parent.children.add({ pid, kind: "server", dismissed: true });
  server.supervising(
    () => parent.children.pids,
    (exitCode) => closeServer(parent, { exitCode, gently: false }),
  );
  return parent;
}

/** What a person wants to know of a server that has come up. */
function introduce(parent: Parent, config: Config): void {
  const { listeners, server, logger } = parent.parts;
  const where = listeners.map(({ address }) => formatAddress(address)).join(", ");
  logger.log(
    2,
    `Listening on ${where} (${server.personality}, ${config.maxServers} children, ${runtime.name} ` +
      `${runtime.version}); to stop: kill ${process.pid}`,
  );
}

/** Children, the loop, and the end; a restart that fails goes back to the loop. */
async function live(parent: Parent): Promise<never> {
  const { config, server } = parent.parts;
  parent.inbox.listen(config.sigPassthrough ?? []);
  for (const signal of config.sigPassthrough ?? []) parent.log(2, `Installed passthrough for ${signal}`);
  await parent.callHook("preLoop", (hooks) => hooks.preLoop?.(server));
  parent.log(3, `Beginning prefork (${config.maxServers} processes)`);
  introduce(parent, config);
  if (config.maxServers > 0) await parent.runNChildren(config.maxServers);
  parent.log(4, "Parent ready for children.");
  for (;;) {
    const end = await supervise(parent);
    if (end === "restart") await restartServer(parent);
    else return await closeServer(parent, { exitCode: 0, gently: end === "quit" });
  }
}
