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
import type { Inbox } from "../supervise/inbox.ts";
import { Parent } from "../supervise/parent.ts";
import { FixedPopulation, type Population } from "../supervise/population.ts";
import type { Estate } from "../supervise/restart.ts";
import { closeChildren, finishChildren } from "../supervise/shutdown.ts";
import { SparePopulation } from "../supervise/spare_population.ts";
import { supervise } from "../supervise/supervise.ts";
import { closeServer, restartServer } from "./close.ts";
import { type Crew, type Ground, introduce, type Loop } from "./loop.ts";

/** From ports to a parent that has all it needs, children apart. */
export async function prepareLoop(ground: Ground): Promise<Loop> {
  const { config, server, logger, listeners, legacy } = ground;
  const { kind, note } = chooseSerializer({
    serialize: config.serialize,
    listeners: listeners.length,
    maxClients: config.maxClients,
  });
  if (note !== undefined) logger.log(2, note);
  logger.log(3, kind === "none" ? "Using no serialization" : `Setting up serialization via ${kind}`);
  const serializer = await prepareSerializer(kind, config.lockFile);
  const become = ground.daemon.confinement?.become;
  if (become !== undefined) serializer.giveTo(become);
  const parent = new Parent({
    ...ground,
    serializer,
    lifeline: legacy?.lifeline ?? createPipe(),
    populate: (scoreboard) => populationOf(ground, scoreboard),
  });
  for (const pid of legacy?.children ?? []) parent.children.add({ pid, kind: "server", dismissed: true });
  const crew = new ChildrenCrew(ground, parent);
  server.supervising(
    () => parent.children.pids,
    (exitCode) => closeServer(crew, { exitCode, gently: false }),
  );
  return {
    run: () => live(parent, crew),
    close: (options) => closeServer(crew, options),
    abandon: async () => {
      await crew.end();
      crew.remove();
      closeListeners(parent.parts.listeners);
    },
  };
}

/** The strategy of the personality. */
function populationOf(ground: Ground, scoreboard: Scoreboard): Population {
  const { config, listeners, logger, server } = ground;
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
class ChildrenCrew implements Crew {
  readonly ground: Ground;
  readonly outlivesRestart = true;
  readonly #parent: Parent;

  constructor(ground: Ground, parent: Parent) {
    this.ground = ground;
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

  remove(): void {
    this.#parent.parts.serializer.remove();
  }

  estate(): Omit<Estate, "listeners" | "logger" | "daemon"> {
    return { lifeline: this.#parent.parts.lifeline, children: this.#parent.children.pids };
  }
}

/** Children, the loop, and the end; a restart that fails goes back to the loop. */
async function live(parent: Parent, crew: Crew): Promise<never> {
  const { config, server } = parent.parts;
  parent.inbox.listen(config.sigPassthrough ?? []);
  for (const signal of config.sigPassthrough ?? []) parent.log(2, `Installed passthrough for ${signal}`);
  await parent.callHook("preLoop", (hooks) => hooks.preLoop?.(server));
  parent.log(3, `Beginning prefork (${parent.population.initial} processes)`);
  introduce(crew.ground, parent.population.words, parent.scoreboard);
  await parent.populate();
  parent.log(4, "Parent ready for children.");
  for (;;) {
    const end = await supervise(parent);
    if (end === "restart") await restartServer(crew);
    else return await closeServer(crew, { exitCode: 0, gently: end === "quit" });
  }
}
