/**
 * The life of a server that serves its clients itself, without children: Single and Multiplex.
 *
 * @module
 */

import type { Receiver } from "../child/receive.ts";
import { carriesDatagrams } from "../handoff.ts";
import { closeListeners } from "../listen/listen.ts";
import { setAlarm } from "../supervise/clock.ts";
import { Inbox } from "../supervise/inbox.ts";
import type { LoopEnd } from "../supervise/supervise.ts";
import { closeServer, restartServer } from "./close.ts";
import { callHook, type Crew, type Ground, introduce, type Loop } from "./loop.ts";

/** How clients are served within the process. */
export interface Engine {
  /** What a person should know of it, such as `one client at a time`. */
  readonly about: string;
  /** Serves clients until there is something in the inbox, or until the server is done. */
  serve(): Promise<void>;
  /** Takes no more clients, and finishes those that are there until `stopped`. */
  finish(stopped: StopWatch): Promise<void>;
  /** Ends what is left. */
  end(): Promise<void>;
}

/** Until when clients may be finished. */
export interface StopWatch {
  /** Whether it is over, because the time is up or somebody is impatient. */
  readonly over: boolean;
  /** Calls `wake` when it may be over, or when a signal came. The result calls it off. */
  watch(wake: () => void): () => void;
}

/** What takes datagrams, if a listener carries them. */
export async function openReceiver({ config, listeners, logger }: Ground): Promise<Receiver | undefined> {
  if (!listeners.some(carriesDatagrams)) return undefined;
  const { Receiver } = await import("../child/receive.ts");
  return new Receiver({ config, listeners, warn: (message) => logger.log(1, message) });
}

/** The process as the crew. */
class Alone implements Crew {
  readonly ground: Ground;
  readonly inbox = new Inbox();
  readonly outlivesRestart = false;
  stopRequested = false;
  readonly #engine: Engine;

  constructor(ground: Ground, makeEngine: (inbox: Inbox) => Engine) {
    this.ground = ground;
    this.#engine = makeEngine(this.inbox);
  }

  /** Serves, and heeds signals; a restart that fails goes back to it. */
  async run(): Promise<never> {
    const { server } = this.ground;
    this.inbox.listen([]);
    await callHook(this.ground, "preLoop", (hooks) => hooks.preLoop?.(server));
    introduce(this.ground, this.#engine.about);
    for (;;) {
      await this.#engine.serve();
      const end = this.#heed() ?? (server.done() ? "quit" : undefined);
      if (end === "restart") await restartServer(this);
      else if (end !== undefined) return await closeServer(this, { exitCode: 0, gently: end === "quit" });
    }
  }

  /** Does what signals ask for. Returns what ends the server. */
  #heed(): LoopEnd | undefined {
    const { logger, server, daemon } = this.ground;
    this.inbox.waker.take();
    const ends: LoopEnd[] = [];
    for (const action of this.inbox.take().actions) {
      if (action === "reopen") {
        logger.reopen();
        daemon.reopened(logger.fileFd);
      } else if (action === "more" || action === "fewer") {
        daemon.scaled(this.#engine.about);
        logger.log(2, `Cannot change the number of children: ${server.personality} has none`);
      } else if (action !== "reap") ends.push(action);
    }
    return ends.find((end) => end === "stop") ?? ends.find((end) => end === "quit") ?? ends[0];
  }

  async finish(patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    const isImpatient = () => {
      const end = this.#heed();
      if (end === "stop" || end === "quit") this.stopRequested = true;
      return this.stopRequested;
    };
    await this.#engine.finish({
      get over() {
        return isImpatient() || performance.now() >= deadline;
      },
      watch: (wake) => {
        this.inbox.onPush = wake;
        const callOff = setAlarm(deadline - performance.now(), wake);
        return () => {
          this.inbox.onPush = () => {};
          callOff();
        };
      },
    });
  }

  end(): Promise<void> {
    return this.#engine.end();
  }

  remove(): void {}

  estate(): Record<string, never> {
    return {};
  }
}

/** A loop that serves clients by the engine that `makeEngine` makes. */
export function loopInProcess(ground: Ground, makeEngine: (inbox: Inbox) => Engine): Loop {
  const alone = new Alone(ground, makeEngine);
  const close: Loop["close"] = (options) => closeServer(alone, options);
  ground.server.supervising(() => [], (exitCode) => close({ exitCode, gently: false }));
  return {
    run: () => alone.run(),
    close,
    abandon: async () => {
      await alone.end();
      closeListeners(ground.listeners);
    },
  };
}
