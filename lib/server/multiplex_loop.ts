/**
 * Multiplex: this process serves many clients at once, by callbacks (Net::Server::Multiplex).
 *
 * @module
 */

import type { Admission } from "../child/admit.ts";
import { admit, callHook, openAdmission, Thrown } from "../child/serve.ts";
import type { Handler } from "../context.ts";
import type { Connection } from "../connection/connection.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG } from "../exit_codes.ts";
import { describeThrown } from "../multiplex/callbacks.ts";
import { Multiplexer, type MultiplexerParts } from "../multiplex/multiplexer.ts";
import type { MuxFactory } from "../multiplex/mux.ts";
import { raiseDescriptorLimit } from "../os/limits.ts";
import { setAlarm } from "../supervise/clock.ts";
import type { Inbox } from "../supervise/inbox.ts";
import { type Engine, loopInProcess, openReceiver, type StopWatch } from "./in_process.ts";
import type { Ground, Loop } from "./loop.ts";

/** Descriptors that are not for clients: the runtime's, the log's, and what the program opens. */
const RESERVED = 128;

/** @throws {TineError} if the handler cannot serve many clients at once (status 78) */
export function checkHandler({ mux }: Handler): void {
  if (mux !== undefined) return;
  throw new TineError(
    "Cannot run Multiplex: the handler has no mux; export one, such as " +
      "mux: (connection) => ({ muxInput(input) { connection.write(input.take()) } })",
    { exitCode: EX_CONFIG },
  );
}

/** From ports to a process that is ready to serve. */
export async function prepareLoop(ground: Ground): Promise<Loop> {
  const receiver = await openReceiver(ground);
  const admission = await openAdmission(ground.config, ground.logger);
  const admit = admissionOf(ground, admission);
  return loopInProcess(ground, (inbox) => new MultiplexEngine({ ground, receiver, admit, inbox }));
}

/** What a hook that concerns one client threw ends that client and nobody else. */
function logThrown({ logger }: Ground, error: unknown): void {
  const [where, cause] = error instanceof Thrown ? [error.where, error.cause] : ["the hook", error];
  logger.log(1, `T${where.slice(1)} threw ${describeThrown(cause)}`);
}

/** How clients are let in; undefined where nobody has a say in it and nobody wants to know. */
function admissionOf(ground: Ground, admission: Admission | undefined): MultiplexerParts["admit"] {
  const { handler, server, logger } = ground;
  const { postAccept, allowDeny, postProcessRequest } = handler.hooks ?? {};
  if (!postAccept && !allowDeny && admission === undefined && !logger.writes(3)) return undefined;
  return async (connection: Connection) => {
    try {
      const isAllowed = await admit({ server, handler, logger, admission }, connection);
      if (!isAllowed && postProcessRequest) {
        await callHook("postProcessRequest", () => postProcessRequest(server, false));
      }
      return isAllowed;
    } catch (error) {
      logThrown(ground, error);
      return false;
    }
  };
}

/** Calls a hook, and logs what it throws. */
async function callLogged(ground: Ground, name: string, call: () => unknown): Promise<void> {
  try {
    await callHook(name, call);
  } catch (error) {
    logThrown(ground, error);
  }
}

function dequeue(ground: Ground): MultiplexerParts["dequeue"] {
  const { config: { checkForDequeue }, handler: { hooks }, server } = ground;
  if (checkForDequeue === undefined || hooks?.runDequeue === undefined) return undefined;
  return {
    everyMs: checkForDequeue * 1000,
    run: () => callLogged(ground, "runDequeue", () => hooks.runDequeue?.(server)),
  };
}

/** What the engine works with. */
interface EngineParts extends Pick<MultiplexerParts, "receiver" | "admit"> {
  readonly ground: Ground;
  readonly inbox: Inbox;
}

/** Serves many clients at once. */
class MultiplexEngine implements Engine {
  readonly about: string;
  readonly #ground: Ground;
  readonly #inbox: Inbox;
  readonly #multiplexer: Multiplexer;

  constructor({ ground, receiver, admit, inbox }: EngineParts) {
    const { handler, server, logger, config } = ground;
    const limit = raiseDescriptorLimit();
    const capacity = Math.max(Math.floor(limit / 2), limit - RESERVED);
    this.about = `at most ${capacity} clients at a time`;
    this.#ground = ground;
    this.#inbox = inbox;
    this.#multiplexer = new Multiplexer({
      listeners: ground.listeners.map(({ fd }) => fd),
      server,
      receiver,
      waker: inbox.waker,
      capacity,
      idleMs: config.idleTimeout * 1000,
      count: () => ++server.requests,
      admit,
      makeClient: handler.mux as MuxFactory,
      dequeue: dequeue(ground),
      afterService: () => {
        const { hooks } = handler;
        if (hooks?.postProcessRequest === undefined) return;
        return callLogged(ground, "postProcessRequest", () => hooks.postProcessRequest?.(server, true));
      },
      log: (level, message) => logger.log(level, message),
    });
  }

  async serve(): Promise<void> {
    while (this.#inbox.empty && !this.#ground.server.done()) await this.#multiplexer.turn();
  }

  async finish(stopWatch: StopWatch): Promise<void> {
    const multiplexer = this.#multiplexer;
    multiplexer.finish();
    while (multiplexer.isBusy && !stopWatch.over) {
      const callOff = stopWatch.watch(() => this.#inbox.waker.wake());
      await multiplexer.turn();
      callOff();
    }
    if (multiplexer.size > 0) this.#ground.logger.log(1, `${multiplexer.size} clients are cut off`);
  }

  async end(): Promise<void> {
    const { stopTimeout } = this.#ground.config;
    const deadline = performance.now() + stopTimeout * 1000;
    this.#multiplexer.end();
    while (this.#multiplexer.isBusy && performance.now() < deadline) {
      const callOff = setAlarm(deadline - performance.now(), () => this.#inbox.waker.wake());
      await this.#multiplexer.turn();
      callOff();
    }
  }
}
