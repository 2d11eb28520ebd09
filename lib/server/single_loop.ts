/**
 * Single: this process accepts and serves one client after the other (Net::Server's base class and
 * Net::Server::Single).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Address } from "../address.ts";
import { doClientsWait } from "../os/listening_socket.ts";
import { Acceptor } from "../client/accept.ts";
import type { Receiver } from "../client/receive.ts";
import { openAdmission, openWork, serve, type Serving } from "../client/serve.ts";
import { Yielder } from "../client/yield.ts";
import { StreamConnection } from "../connection/stream.ts";
import type { Inbox } from "../process/inbox.ts";
import { type Engine, loopInProcess, openReceiver, type StopWatch } from "./in_process.ts";
import type { Loop, ServerContext } from "./loop.ts";

/** From ports to a process that is ready to serve. */
export async function prepareLoop(context: ServerContext): Promise<Loop> {
  const { config, handler, server, logger } = context;
  const work = await openWork(context, { listeners: context.listeners, maxClients: 1 });
  const admission = await openAdmission(config, logger);
  const denied = () => context.daemon.totals.deniedOne();
  const serving: Serving = { ...work, server, handler, logger, admission, denied };
  const receiver = await openReceiver(context);
  return loopInProcess(context, (inbox) => new SingleEngine({ context, serving, receiver, inbox }));
}

/** What the engine works with. */
interface SingleParts {
  readonly context: ServerContext;
  readonly serving: Serving;
  readonly receiver: Receiver | undefined;
  readonly inbox: Inbox;
}

/** Serves one client at a time. The next ones wait in the listening socket's queue. */
class SingleEngine implements Engine {
  readonly about = "one client at a time";
  readonly #context: ServerContext;
  readonly #serving: Serving;
  readonly #receiver: Receiver | undefined;
  readonly #inbox: Inbox;
  readonly #acceptor: Acceptor;
  readonly #clientsWait: boolean;
  readonly #yielder = new Yielder();
  /** The client that is being served. */
  #connection: StreamConnection | undefined;
  #failure: { error: unknown } | undefined;
  /** Wakes who waits for the end of the client's service. */
  #wake: () => void = () => {};

  constructor({ context, serving, receiver, inbox }: SingleParts) {
    this.#context = context;
    this.#serving = serving;
    this.#receiver = receiver;
    this.#inbox = inbox;
    this.#clientsWait = context.listeners.every(({ fd, address }) => doClientsWait(fd, address));
    this.#acceptor = new Acceptor({
      listeners: context.listeners,
      // Here it is a signal that ends the wait, in place of the parent's end.
      deathPipeFd: inbox.waker.fd,
      clientsWait: this.#clientsWait,
      receiver,
      warn: (message) => context.logger.log(LEVEL.warning, message),
    });
  }

  get client(): Address | undefined {
    return this.#connection?.remoteAddr;
  }

  async serve(): Promise<void> {
    const { server } = this.#context;
    while (this.#inbox.empty && !server.done()) {
      if (this.#connection === undefined) {
        const next = this.#acceptor.next();
        const fd = typeof next === "object" ? await next : next;
        if (typeof fd !== "number") return; // a signal came
        this.#acceptor.taken();
        this.#begin(fd);
      }
      await this.#untilServed((wake) => {
        this.#inbox.onPush = wake;
        return () => this.#inbox.onPush = () => {};
      });
      if (this.#yielder.due) await this.#yielder.yieldToEvents();
    }
  }

  #begin(fd: number): void {
    const timeout = this.#context.config.idleTimeout * 1000;
    this.#connection = this.#receiver?.connection(fd, timeout) ??
      new StreamConnection(fd, { peer: this.#acceptor.peer, timeout, waitsInReceive: this.#clientsWait });
    this.#context.server.requests++;
    this.#context.daemon.totals.took();
    const end = () => {
      this.#connection = undefined;
      this.#wake();
    };
    serve(this.#serving, this.#connection).then(end, (error) => {
      this.#failure = { error };
      end();
    });
  }

  /** Waits until the present client was served, or until what `watch` watches wakes it. */
  async #untilServed(watch: StopWatch["watch"]): Promise<void> {
    if (this.#connection !== undefined && this.#inbox.empty) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const callOff = watch(resolve);
      this.#wake = resolve;
      await promise;
      callOff();
    }
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  async finish(stopWatch: StopWatch): Promise<void> {
    this.#connection?.abort(new Error("Cannot go on for long: the server wants to stop"));
    while (this.#connection !== undefined && !stopWatch.over) {
      await this.#untilServed((wake) => stopWatch.watch(wake));
    }
  }

  /** The end of the process ends the client's service, as it does in a child that is told to leave at once. */
  async end(): Promise<void> {
    if (this.#connection !== undefined) {
      this.#context.logger.log(LEVEL.notice, "The present client is cut off");
    }
    await this.#serving.stop?.();
  }
}
