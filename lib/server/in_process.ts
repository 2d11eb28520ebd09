/**
 * The life of a server that serves its clients itself, without children: Single and Multiplex.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Address } from "../address.ts";
import type { Receiver } from "../client/receive.ts";
import { type ParentHooks, parentHooks } from "../process/parent_hooks.ts";
import { carriesDatagrams } from "../handoff.ts";
import { closeListeners } from "../listen/listen.ts";
import { decide, type LoopEnd } from "../process/actions.ts";
import { setAlarm } from "../process/alarm.ts";
import { Inbox } from "../process/inbox.ts";
import { Restarts } from "../restart/restart.ts";
import { closeServer } from "./close.ts";
import { introduce, type Loop, type ServerContext, watchFiles, type Workers } from "./loop.ts";

/** How clients are served within the process. */
export interface Engine {
  /** What a person should know of it, such as `one client at a time`. */
  readonly about: string;
  /** The client that is served, if there is one at a time. */
  readonly client?: Address | undefined;
  /** Serves clients until there is something in the inbox, or until the server is done. */
  serve(): Promise<void>;
  /** Takes no more clients, and finishes those that are there until `stopped`. */
  finish(stopped: StopWatch): Promise<void>;
  /** Ends what is left. */
  end(): Promise<void>;
}

/** Until when clients may be finished. */
export interface StopWatch {
  /** Whether it is over, because the time is up or a second signal came. */
  readonly over: boolean;
  /** Calls `wake` when it may be over, or when a signal came. The result calls it off. */
  watch(wake: () => void): () => void;
}

/** What takes datagrams, if a listener carries them. */
export async function openReceiver(
  { config, listeners, logger }: ServerContext,
): Promise<Receiver | undefined> {
  if (!listeners.some(carriesDatagrams)) return undefined;
  const { Receiver } = await import("../client/receive.ts");
  return new Receiver({ config, listeners, warn: (message) => logger.log(LEVEL.warning, message) });
}

/** The process as the workers. */
class Alone implements Workers {
  readonly context: ServerContext;
  readonly inbox = new Inbox();
  readonly outlivesRestart = false;
  readonly restarts: Restarts = new Restarts(this, () => closeServer(this, { exitCode: 0, gently: false }));
  stopRequested = false;
  readonly hooks: ParentHooks;
  readonly #engine: Engine;

  constructor(context: ServerContext, makeEngine: (inbox: Inbox) => Engine) {
    this.context = context;
    this.hooks = parentHooks(context, this.inbox);
    this.#engine = makeEngine(this.inbox);
  }

  /** Serves, and handles signals; a restart that fails goes back to it. */
  async run(): Promise<never> {
    const { server } = this.context;
    this.inbox.listen([]);
    await this.hooks.call("preLoop", (hooks) => hooks.preLoop?.(server));
    introduce(this.context, this.#engine.about);
    this.context.daemon.serving();
    if (this.context.inherited !== undefined) this.context.daemon.reloaded();
    watchFiles(this);
    for (;;) {
      await this.#engine.serve();
      const end = this.#handle() ?? (server.done() ? "quit" : undefined);
      if (end === "stop" || end === "quit") {
        return await closeServer(this, { exitCode: 0, gently: end === "quit" });
      }
      if (end === "restart") this.restarts.begin();
      // The end of the program that tries it may have come together with another HUP.
      if (await this.restarts.isReady()) await this.restarts.replace();
    }
  }

  /** Does what signals ask for. Returns what ends the server. */
  #handle(): LoopEnd | undefined {
    const { logger, server, daemon } = this.context;
    this.inbox.waker.take();
    const { more, fewer, reopen, end } = decide(this.inbox.take().actions);
    if (reopen && logger.reopen()) daemon.reopened(logger.fileFd);
    if (more + fewer > 0) {
      const why = `Cannot change the number of children: ${server.personality} has none`;
      daemon.scaleRefused(why);
      logger.log(LEVEL.notice, why);
    }
    return end;
  }

  async finish(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const endsSooner = () => {
      const end = this.#handle();
      if (end === "stop" || end === "quit") this.stopRequested = true;
      return this.stopRequested;
    };
    await this.#engine.finish({
      get over() {
        return endsSooner() || performance.now() >= deadline;
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

  get client(): Address | undefined {
    return this.#engine.client;
  }

  late(): LoopEnd | undefined {
    return this.#handle();
  }

  remove(): void {}

  passedState(): Record<string, never> {
    return {};
  }
}

/** A loop that serves clients by the engine that `makeEngine` makes. */
export function loopInProcess(context: ServerContext, makeEngine: (inbox: Inbox) => Engine): Loop {
  const alone = new Alone(context, makeEngine);
  const close: Loop["close"] = (options) => closeServer(alone, options);
  context.server.supervising(() => [], (exitCode) => close({ exitCode, gently: false }));
  return {
    get client() {
      return alone.client;
    },
    run: () => alone.run(),
    fail: (error) => alone.inbox.fail(error),
    close,
    abandon: async () => {
      await alone.end();
      closeListeners(context.listeners);
    },
  };
}
