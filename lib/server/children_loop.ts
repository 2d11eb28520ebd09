/**
 * The loop of the personalities whose children accept: PreForkSimple, PreFork and Fork.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { availableParallelism } from "node:os";
import { closeListeners } from "../listen/listen.ts";
import { createPipe } from "../os/descriptor.ts";
import { isLinux } from "../os/constants.ts";
import { readableAmong } from "../os/wait.ts";
import { QueueWatch } from "../supervise/queue_watch.ts";
import { chooseSerializer, hotCount, prepareSerializer } from "../serialize/prepare.ts";
import type { Scoreboard } from "../scoreboard/scoreboard.ts";
import { WaitingCount } from "../scoreboard/waiting_count.ts";
import type { LoopEnd } from "../process/actions.ts";
import type { ParentHooks } from "../process/parent_hooks.ts";
import type { Inbox } from "../process/inbox.ts";
import { passChildren } from "../supervise/pass_children.ts";
import { Parent } from "../supervise/parent.ts";
import { FixedPopulation, type Population } from "../supervise/population.ts";
import type { PassedState } from "../restart/inherited_state.ts";
import { Restarts } from "../restart/restart.ts";
import { closeChildren, finishChildren } from "../supervise/shutdown.ts";
import { SparePopulation } from "../supervise/spare_population.ts";
import { handleLateSignals } from "../supervise/handle_signals.ts";
import { supervise } from "../supervise/supervise.ts";
import { closeServer } from "./close.ts";
import { introduce, type Loop, type ServerContext, watchFiles, type Workers } from "./loop.ts";

/** From ports to a parent that has all it needs, children apart. */
export async function prepareLoop(context: ServerContext): Promise<Loop> {
  const { config, server, logger, listeners, inherited } = context;
  const { kind, note } = chooseSerializer({
    serialize: config.serialize,
    listeners: listeners.length,
    maxClients: config.maxClients,
  });
  if (note !== undefined) logger.log(LEVEL.notice, note);
  logger.log(
    LEVEL.info,
    kind === "none" ? "Using no serialization" : `Setting up serialization via ${kind}`,
  );
  const serializer = await prepareSerializer(kind, {
    lockFile: config.lockFile,
    hot: staysHot(context) ? hotCount() : undefined,
  });
  const become = context.daemon.confinement?.become;
  if (become !== undefined) serializer.giveTo(become);
  const parent = new Parent({
    ...context,
    serializer,
    deathPipe: inherited?.deathPipe ?? createPipe(),
    populate: (scoreboard) => populationOf(context, scoreboard),
  });
  watchQueues(parent);
  for (const output of inherited?.outputs ?? []) parent.outputs.adopt(output);
  if (inherited !== undefined) await parent.old.takeOver(inherited.generations, inherited.begun);
  const workers = new ChildrenAsWorkers(context, parent);
  server.supervising(
    () => parent.children.pids,
    (exitCode) => closeServer(workers, { exitCode, gently: false }),
  );
  return {
    run: () => live(parent, workers),
    fail: (error) => parent.inbox.fail(error),
    close: (options) => closeServer(workers, options),
    abandon: async () => {
      await workers.end();
      workers.remove();
      closeListeners(parent.parts.listeners);
    },
  };
}

/**
 * Whether a few children are enough to listen. Not where there are hardly more: those stay warm by themselves, unless each
 * serves several clients. Fork's serve one client each: none of them gets warm.
 */
function staysHot({ config, server }: ServerContext): boolean {
  const few = (config.maxClients > 1 ? 1 : 2) * hotCount();
  return isLinux && config.maxServers > few && server.personality !== "Fork";
}

/** Where a few children listen, the parent sees to it that no client waits for them in vain. */
function watchQueues(parent: Parent): void {
  const { serializer: { hot: listening }, listeners } = parent.parts;
  if (listening === undefined) return;
  const fds = listeners.map(({ fd }) => fd);
  const isQueued = () => readableAmong(fds).length > 0;
  const children = () => parent.children.pids.length;
  parent.inbox.watchAside(new QueueWatch({ listening, fds, isQueued, children }));
}

/** The strategy of the personality. */
function populationOf(context: ServerContext, scoreboard: Scoreboard): Population {
  const { config, listeners, logger, server } = context;
  const parts = {
    config,
    listeners,
    scoreboard,
    log: (level: number, message: string) => logger.log(level, message),
  };
  switch (server.personality) {
    case "PreFork":
      return new SparePopulation(parts);
    case "Fork":
      // A start keeps a core busy: more of them at once would not be ready any sooner.
      return new SparePopulation({
        ...parts,
        pace: { maxStarting: 4 * availableParallelism(), serveOnce: true },
      });
    default:
      return new FixedPopulation(
        config.maxServers,
        config.maxClients > 1 ? new WaitingCount(scoreboard.memory) : undefined,
      );
  }
}

/** The children, as the end of the server knows them. */
class ChildrenAsWorkers implements Workers {
  readonly context: ServerContext;
  readonly outlivesRestart = true;
  readonly restarts: Restarts = new Restarts(this, () => closeServer(this, { exitCode: 0, gently: false }));
  readonly #parent: Parent;

  constructor(context: ServerContext, parent: Parent) {
    this.context = context;
    this.#parent = parent;
    parent.isAwaited = (pid) => this.restarts.awaits(pid);
  }

  get hooks(): ParentHooks {
    return this.#parent.hooks;
  }

  get inbox(): Inbox {
    return this.#parent.inbox;
  }

  get stopRequested(): boolean {
    return this.#parent.stopRequested;
  }

  finish(timeoutMs: number): Promise<void> {
    return finishChildren(this.#parent, timeoutMs);
  }

  end(): Promise<void> {
    return closeChildren(this.#parent);
  }

  late(): LoopEnd | undefined {
    return handleLateSignals(this.#parent);
  }

  remove(): void {
    this.#parent.old.remove();
    this.#parent.parts.serializer.remove();
  }

  passedState(): Pick<PassedState, "deathPipe" | "generations" | "outputs" | "mailbox"> {
    // Nobody watches over those that listen, until they are replaced.
    this.#parent.parts.serializer.hot?.open(this.#parent.own.length);
    return {
      deathPipe: this.#parent.parts.deathPipe,
      generations: passChildren(this.#parent),
      outputs: this.#parent.outputs.passed,
      mailbox: this.#parent.mailbox?.ends,
    };
  }
}

/** Children, the loop, and the end; a restart that fails goes back to the loop. */
async function live(parent: Parent, workers: Workers): Promise<never> {
  const { config, server } = parent.parts;
  parent.inbox.listen(config.sigPassthrough ?? []);
  for (const signal of config.sigPassthrough ?? []) {
    parent.log(LEVEL.notice, `Installed passthrough for ${signal}`);
  }
  await parent.callHook("preLoop", (hooks) => hooks.preLoop?.(server));
  parent.log(LEVEL.info, `Beginning prefork (${parent.population.initial} processes)`);
  const { scoreboard, old } = parent;
  introduce(workers.context, parent.population.words, { scoreboard, oldScoreboards: old.scoreboards });
  // Some may have ended before the signal was listened to.
  if (parent.old.areNeeded) await parent.reapEnded();
  await parent.populate();
  await parent.old.tend();
  parent.log(LEVEL.debug, "Parent ready for children.");
  watchFiles(workers);
  for (;;) {
    const end = await supervise(parent, () => workers.restarts.isReady());
    if (end === "restart") workers.restarts.begin();
    else if (end === "replace") await workers.restarts.replace();
    else if (end === "quit") return await closeServer(workers, { exitCode: 0, gently: true });
    else return await closeServer(workers, { exitCode: 0, gently: false });
  }
}
