/**
 * Multiplex: this process serves many clients at once, by callbacks (Net::Server::Multiplex).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Admission } from "../client/admit.ts";
import { admit, openAdmission } from "../client/serve.ts";
import type { Handler } from "../context.ts";
import type { Connection } from "../connection/connection.ts";
import type { Hooks } from "../hooks.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG } from "../exit_codes.ts";
import { callHook, describeFailure } from "../process/failure.ts";
import { Multiplexer, type MultiplexerParts } from "../multiplex/multiplexer.ts";
import type { MuxFactory } from "../multiplex/mux.ts";
import { raiseDescriptorLimit } from "../os/limits.ts";
import { setAlarm } from "../process/alarm.ts";
import type { Inbox } from "../process/inbox.ts";
import { type Engine, loopInProcess, openReceiver, type StopWatch } from "./in_process.ts";
import type { Loop, ServerContext } from "./loop.ts";

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
export async function prepareLoop(context: ServerContext): Promise<Loop> {
  const receiver = await openReceiver(context);
  const admission = await openAdmission(context.config, context.logger);
  const admit = admissionOf(context, admission);
  return loopInProcess(context, (inbox) => new MultiplexEngine({ context, receiver, admit, inbox }));
}

/** An error in a hook of one client ends that client alone. */
function logFailure({ logger }: ServerContext, error: unknown): void {
  logger.log(LEVEL.warning, describeFailure(error).text);
}

/** How clients are admitted; undefined if there are no rules, hooks or names to look up. */
function admissionOf(context: ServerContext, admission: Admission | undefined): MultiplexerParts["admit"] {
  const { handler, server, logger, daemon } = context;
  const denied = () => daemon.totals.deniedOne();
  const { postAccept, allowDeny, postProcessRequest } = handler.hooks ?? {};
  if (!postAccept && !allowDeny && admission === undefined && !logger.writes(LEVEL.info)) return undefined;
  return async (connection: Connection) => {
    try {
      const isAllowed = await admit({ server, handler, logger, admission, denied }, connection);
      if (!isAllowed && postProcessRequest) {
        await callHook(handler.hooks, "postProcessRequest", () => postProcessRequest(server, false));
      }
      return isAllowed;
    } catch (error) {
      logFailure(context, error);
      return false;
    }
  };
}

/** Calls a hook, and logs what it throws. */
async function callLogged(
  context: ServerContext,
  name: keyof Hooks,
  call: (hooks: Hooks) => unknown,
): Promise<void> {
  try {
    await callHook(context.handler.hooks, name, call);
  } catch (error) {
    logFailure(context, error);
  }
}

function dequeue(context: ServerContext): MultiplexerParts["dequeue"] {
  const { config: { checkForDequeue }, handler: { hooks }, server } = context;
  if (checkForDequeue === undefined || hooks?.runDequeue === undefined) return undefined;
  return {
    everyMs: checkForDequeue * 1000,
    run: () => callLogged(context, "runDequeue", (hooks) => hooks.runDequeue?.(server)),
  };
}

/** What the engine works with. */
interface EngineParts extends Pick<MultiplexerParts, "receiver" | "admit"> {
  readonly context: ServerContext;
  readonly inbox: Inbox;
}

/** Serves many clients at once. */
class MultiplexEngine implements Engine {
  readonly about: string;
  readonly #context: ServerContext;
  readonly #inbox: Inbox;
  readonly #multiplexer: Multiplexer;

  constructor({ context, receiver, admit, inbox }: EngineParts) {
    const { handler, server, logger, config } = context;
    const limit = raiseDescriptorLimit();
    const capacity = Math.max(Math.floor(limit / 2), limit - RESERVED);
    this.about = `at most ${capacity} clients at a time`;
    this.#context = context;
    this.#inbox = inbox;
    this.#multiplexer = new Multiplexer({
      listeners: context.listeners.map(({ fd }) => fd),
      server,
      receiver,
      waker: inbox.waker,
      capacity,
      idleMs: config.idleTimeout * 1000,
      count: () => {
        context.daemon.totals.took();
        return ++server.requests;
      },
      admit,
      makeClient: handler.mux as MuxFactory,
      dequeue: dequeue(context),
      afterService: () => {
        if (handler.hooks?.postProcessRequest === undefined) return;
        return callLogged(context, "postProcessRequest", (hooks) => hooks.postProcessRequest?.(server, true));
      },
      log: (level, message) => logger.log(level, message),
    });
  }

  async serve(): Promise<void> {
    while (this.#inbox.empty && !this.#context.server.done()) await this.#multiplexer.turn();
  }

  async finish(stopWatch: StopWatch): Promise<void> {
    const multiplexer = this.#multiplexer;
    multiplexer.finish();
    while (multiplexer.isBusy && !stopWatch.over) {
      const callOff = stopWatch.watch(() => this.#inbox.waker.wake());
      await multiplexer.turn();
      callOff();
    }
  }

  async end(): Promise<void> {
    const { stopTimeout } = this.#context.config;
    const deadline = performance.now() + stopTimeout * 1000;
    const { size } = this.#multiplexer;
    if (size > 0) {
      this.#context.logger.log(
        LEVEL.notice,
        size === 1 ? "1 client is cut off" : `${size} clients are cut off`,
      );
    }
    this.#multiplexer.end();
    while (this.#multiplexer.isBusy && performance.now() < deadline) {
      const callOff = setAlarm(deadline - performance.now(), () => this.#inbox.waker.wake());
      await this.#multiplexer.turn();
      callOff();
    }
  }
}
