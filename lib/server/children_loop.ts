/**
 * The loop of the personalities whose children accept: PreForkSimple, PreFork and Fork.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { closeListeners } from "../listen/listen.ts";
import { createPipe } from "../os/descriptor.ts";
import { chooseSerializer, prepareSerializer } from "../serialize/prepare.ts";
import type { Scoreboard } from "../scoreboard/scoreboard.ts";
import { WaitingCount } from "../scoreboard/waiting_count.ts";
import type { LoopEnd } from "../process/actions.ts";
import type { Inbox } from "../process/inbox.ts";
import { Parent } from "../supervise/parent.ts";
import { FixedPopulation, type Population } from "../supervise/population.ts";
import type { PassedState } from "../restart/reexec.ts";
import { closeChildren, finishChildren } from "../supervise/shutdown.ts";
import { SparePopulation } from "../supervise/spare_population.ts";
import { handleLateSignals } from "../supervise/handle_signals.ts";
import { supervise } from "../supervise/supervise.ts";
import { closeServer, restartServer } from "./close.ts";
import { introduce, type Loop, type ServerContext, type Workers } from "./loop.ts";

/** From ports to a parent that has all it needs, children apart. */
export async function prepareLoop(context: ServerContext): Promise<Loop> {
  const { config, server, logger, listeners, inherited } = context;
  const { kind, note } = chooseSerializer({
    serialize: config.serialize,
    listeners: listeners.length,
    maxClients: config.maxClients,
  });
  if (note !== undefined) logger.log(2, note);
  logger.log(3, kind === "none" ? "Using no serialization" : `Setting up serialization via ${kind}`);
  const serializer = await prepareSerializer(kind, config.lockFile);
  const become = context.daemon.confinement?.become;
  if (become !== undefined) serializer.giveTo(become);
  const parent = new Parent({
    ...context,
    serializer,
    deathPipe: inherited?.deathPipe ?? createPipe(),
    populate: (scoreboard) => populationOf(context, scoreboard),
  });
  for (const output of inherited?.outputs ?? []) parent.outputs.adopt(output);
  for (const pid of inherited?.children ?? []) parent.children.add({ pid, kind: "server", dismissed: true });
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
  readonly #parent: Parent;

  constructor(context: ServerContext, parent: Parent) {
    this.context = context;
    this.#parent = parent;
  }

  get inbox(): Inbox {
    return this.#parent.inbox;
  }

  get stopRequested(): boolean {
    return this.#parent.stopRequested;
  }

  finish(patienceMs: number): Promise<void> {
    return finishChildren(this.#parent, patienceMs);
  }

  end(): Promise<void> {
    return closeChildren(this.#parent);
  }

  late(): LoopEnd | undefined {
    return handleLateSignals(this.#parent);
  }

  remove(): void {
    this.#parent.parts.serializer.remove();
  }

  passedState(): Omit<PassedState, "listeners" | "logger" | "daemon"> {
    return {
      deathPipe: this.#parent.parts.deathPipe,
      children: this.#parent.children.pids,
      outputs: this.#parent.outputs.passed,
    };
  }
}

/** Children, the loop, and the end; a restart that fails goes back to the loop. */
async function live(parent: Parent, workers: Workers): Promise<never> {
  const { config, server } = parent.parts;
  parent.inbox.listen(config.sigPassthrough ?? []);
  for (const signal of config.sigPassthrough ?? []) parent.log(2, `Installed passthrough for ${signal}`);
  await parent.callHook("preLoop", (hooks) => hooks.preLoop?.(server));
  parent.log(3, `Beginning prefork (${parent.population.initial} processes)`);
  introduce(workers.context, parent.population.words, parent.scoreboard);
  await parent.populate();
  parent.log(4, "Parent ready for children.");
  for (;;) {
    const end = await supervise(parent);
    if (end === "restart") await restartServer(workers);
    else return await closeServer(workers, { exitCode: 0, gently: end === "quit" });
  }
}
