/**
 * The child: accept, admit, handle, account, until it is time to leave. One client at a time.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { StreamConnection } from "../connection/stream.ts";
import type { Handler } from "../context.ts";
import { EX_CHILD_THREW, EX_STALLED } from "../exit_codes.ts";
import { carriesDatagrams, type ChildTicket, type Handoff } from "../handoff.ts";
import { directLog, type Logger } from "../log/logger.ts";
import { Waker } from "../os/descriptor.ts";
import { Epoll, MANY_EVENTS } from "../os/epoll.ts";
import type { WaitFor } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { STATE } from "../scoreboard/layout.ts";
import { Scoreboard, type Slot } from "../scoreboard/scoreboard.ts";
import type { WaitingCount } from "../scoreboard/waiting_count.ts";
import { Acceptor } from "../client/accept.ts";
import { ChildServer } from "./child_server.ts";
import { listenToSignals, watchParentsEnd } from "./child_signals.ts";
import { Account } from "./account.ts";
import type { ConcurrentClients } from "./concurrent_clients.ts";
import type { Receiver } from "../client/receive.ts";
import { openAdmission, openWork, serve, type Serving } from "../client/serve.ts";
import {
  callFatalHook,
  callHook,
  causeOf,
  clauseOf,
  endWhenStalled,
  Stalled,
  Uncaught,
} from "../process/failure.ts";
import { forever, Yielder } from "../client/yield.ts";

/** A child at its work. */
export class Child {
  readonly #ticket: ChildTicket;
  readonly #handoff: Handoff;
  readonly #handler: Handler;
  readonly #slot: Slot;
  readonly #logger: Logger;
  readonly #server: ChildServer;
  readonly #parent: Waker;
  #acceptor: Acceptor | undefined;
  #receiver: Receiver | undefined;
  #serving: Serving | undefined;
  #connection: StreamConnection | undefined;
  #leaving = false;
  /** Whether it waits for a client, so that the kernel may have woken it for one. */
  #waiting = false;
  #leaveAfterClient = false;
  /** Where children count how many of them wait. */
  #idle: WaitingCount | undefined;
  #concurrent: ConcurrentClients | undefined;
  #account: Account | undefined;
  /** The error that the log has already. */
  #loggedEnd: unknown;

  constructor(ticket: ChildTicket, handoff: Handoff, handler: Handler, logger: Logger) {
    this.#ticket = ticket;
    this.#handoff = handoff;
    this.#handler = handler;
    this.#slot = Scoreboard.attach(handoff.scoreboardFd, ticket.slot);
    this.#parent = new Waker(handoff.wakeup);
    this.#logger = logger;
    this.#server = new ChildServer(handoff, ticket.kind, this.#logger, {
      leaveNow: (code) => this.#leave(code),
      askToStop: () => this.#slot.askToStop(this.#parent),
    });
  }

  async run(): Promise<never> {
    endWhenStalled(() => this.#fail(new Stalled(this.#connection?.remoteAddr)), () => this.#logger.close());
    try {
      const { config, journal, messagesFd } = this.#handoff;
      await directLog(this.#logger, { config, handler: this.#handler, server: this.#server, journal });
      runtime.onUncaught((error) => this.#fail(new Uncaught(error)));
      await this.#listenToSignals();
      this.#slot.setPid(runtime.pid);
      if (messagesFd !== undefined) {
        this.#server.line = new (await import("./parent_line.ts")).ParentLine(messagesFd, runtime.pid);
      }
      if (this.#ticket.kind === "dequeue") {
        this.#slot.setState(STATE.dequeue, Date.now());
        await (await import("./dequeue.ts")).workOffQueue(this.#server, this.#handler, this.#handoff);
      } else await this.#serveClients();
      return await this.#leave(0);
    } catch (error) {
      return await this.#fail(error);
    }
  }

  async #listenToSignals(): Promise<void> {
    // Not when the signal comes: nothing can be loaded from inside of a new root, and a line may be said at once.
    const renew = this.#handoff.log.file && (await import("./renew_log.ts")).renewLog;
    listenToSignals(this.#ticket.kind, {
      leave_now: () => this.#leaveByItself(),
      leave_after_client: () => this.#leaveSoon(),
      reopen: () => renew && renew(this.#logger, this.#handoff.log),
    });
  }

  async #serveClients(): Promise<void> {
    const handoff = this.#handoff;
    const logger = this.#logger;
    const warn = (message: string) => logger.log(LEVEL.warning, message);
    if (handoff.listeners.some(carriesDatagrams)) {
      this.#receiver = new (await import("../client/receive.ts")).Receiver({ ...handoff, warn });
    }
    const set = handoff.broadcast && new Epoll({ maxEvents: MANY_EVENTS });
    const clientsWait = handoff.clientsWait && set === undefined;
    const options = { ...handoff, clientsWait, set, receiver: this.#receiver, warn };
    const { kind, hot } = handoff.serializer;
    this.#acceptor = set !== undefined || kind === "none" && hot === undefined
      ? new Acceptor({ ...options, listensLater: hot !== undefined })
      : await (await import("./open_acceptor.ts")).openAcceptor(handoff.serializer, options, this.#slot);
    const ends = { server: this.#server, handler: this.#handler };
    const work = await openWork(ends, { ...handoff, maxClients: handoff.config.maxClients });
    const admission = await openAdmission(handoff.config, logger);
    const { countsWaiting, scoreboardFd, broadcast, confinement } = handoff;
    if (countsWaiting || broadcast !== undefined) {
      this.#idle = (await import("../scoreboard/waiting_count.ts")).WaitingCount.attach(scoreboardFd);
    }
    // After everything is loaded, because nothing can be any more, and before the program's own hooks and clients.
    if (confinement) await (await import("./confine_child.ts")).confineChild(confinement);
    watchParentsEnd(handoff.deathPipeFd, () => this.#onParentsEnd());
    logger.log(LEVEL.debug, `Child Preforked (${runtime.pid})`);
    await callHook(this.#handler.hooks, "childInit", (hooks) => hooks.childInit?.(this.#server, "server"));
    const denied = () => this.#slot.countDenied();
    this.#serving = { ...ends, ...work, logger, admission, denied };
    this.#account = new Account({
      slot: this.#slot,
      parent: this.#parent,
      maxRequests: handoff.config.maxRequests,
      idle: this.#idle,
      hasSpares: countsWaiting,
    });
    if (this.#ticket.announce && !countsWaiting) {
      this.#slot.setState(STATE.waiting, Date.now());
      this.#parent.wake();
    }
    if (this.#ticket.after !== undefined) {
      this.#slot.setState(STATE.standby, Date.now());
      await (await import("./predecessor.ts")).awaitPredecessor(this.#ticket.after, handoff.deathPipeFd);
    }
    if (set === undefined) await this.#loop(this.#acceptor, this.#serving);
    else await this.#serveConcurrently(this.#acceptor, this.#serving, set);
    logger.log(LEVEL.debug, `Child leaving (${handoff.config.maxRequests})`);
  }

  /** The parent has gone. Who waits for a client, or serves several, sees it by itself. */
  #onParentsEnd(): void {
    if (this.#connection === undefined) return;
    this.#acceptor?.isParentGone(); // what the parent would leave behind in the system is removed
    this.#logger.log(LEVEL.info, "Parent process gone away. Shutting down after the present client");
    this.#leaveSoon();
  }

  async #loop(acceptor: Acceptor, serving: Serving): Promise<void> {
    const yielder = new Yielder();
    const account = this.#account as Account;
    for (;;) {
      account.idle();
      this.#waiting = true;
      const next = acceptor.next();
      const fd = typeof next === "object" ? await next : next;
      // Before anything else: a signal's listener that ends this child serves the client that was not taken.
      if (this.#leaving || fd === "left") return await forever();
      this.#waiting = false;
      acceptor.taken();
      if (fd === "parent_gone") return this.#server.logParentGone();
      this.#server.requests = account.took();
      account.busy();
      await this.#serveOne(serving, acceptor, fd);
      if (this.#isOver()) return;
      if (yielder.due) {
        await yielder.yieldToEvents();
        if (this.#leaving) return await forever();
        if (acceptor.isParentGone()) return this.#server.logParentGone();
      }
    }
  }

  /** Serves several clients at once, until the last has gone. */
  async #serveConcurrently(acceptor: Acceptor, serving: Serving, set: Epoll): Promise<void> {
    const { listeners, deathPipeFd, config, broadcast, serializer } = this.#handoff;
    const account = this.#account as Account;
    const { ConcurrentClients } = await import("./concurrent_clients.ts");
    this.#concurrent = new ConcurrentClients({
      acceptor,
      set,
      listeners: listeners.map(({ fd }) => fd),
      hot: serializer.hot,
      slot: this.#slot,
      deathPipeFd,
      maxClients: config.maxClients,
      idle: this.#idle as WaitingCount,
      broadcast: new Waker(broadcast),
      took: () => this.#server.requests = account.took(),
      turned: (state) => account[state](),
      giveUp: () => this.#giveUpListeners(),
      isOver: () => this.#isOver(),
      failed: (error) => {
        // The last of the other clients may be hours away.
        this.#logEnd(error);
        account.retire();
      },
      connect: (fd, waitFor) => this.#connect(acceptor, fd, waitFor),
      serve: (connection) => serve(serving, connection),
    });
    const end = await this.#concurrent.run();
    if (this.#leaving) return await forever();
    if (end === "parent_gone") this.#server.logParentGone();
  }

  #isOver(): boolean {
    return this.#leaveAfterClient || this.#server.done() || this.#account?.servedAll === true;
  }

  /** After the present client, or now if there is none (Net::Server's HUP in a child). */
  #leaveSoon(): void {
    this.#leaveAfterClient = true;
    if (this.#concurrent === undefined && this.#connection === undefined) return this.#leaveByItself();
    const why = new Error("Cannot go on for long: the server wants to stop");
    this.#connection?.abort(why);
    this.#concurrent?.abort(why);
    this.#concurrent?.stop();
    this.#giveUpListeners();
  }

  /** No client is accepted any more: no client shall wait for it. A datagram is answered through its listener. */
  #giveUpListeners(): void {
    this.#acceptor?.giveUp(this.#handoff.listeners.filter((one) => !carriesDatagrams(one)));
  }

  #leaveByItself(): void {
    this.#server.logCutOff(this.#concurrent?.size ?? Number(this.#connection !== undefined));
    this.#leave(0).catch((error) => this.#fail(error));
  }

  /** Runs the last hook and ends the process. */
  async #leave(code: number): Promise<never> {
    if (this.#leaving) return await forever();
    this.#leaving = true;
    if (this.#concurrent !== undefined) this.#concurrent.stop();
    await this.#serveLast();
    this.#slot.setState(STATE.leaving, Date.now());
    if (this.#waiting) this.#account?.leavesQueue();
    else this.#acceptor?.retire();
    const { kind } = this.#ticket;
    await this.#serving?.stop?.();
    await callHook(this.#handler.hooks, "childFinish", (hooks) => hooks.childFinish?.(this.#server, kind));
    this.#logger.close();
    runtime.exit(code);
  }

  /** Serves a client that the kernel woke this child for just when it was told to leave. */
  async #serveLast(): Promise<void> {
    if (this.#acceptor === undefined || this.#serving === undefined || !this.#waiting) return;
    const fd = this.#acceptor.leave();
    if (fd === undefined) return;
    this.#server.requests = this.#account?.took() ?? 0;
    await this.#serveOne(this.#serving, this.#acceptor, fd);
  }

  async #serveOne(serving: Serving, acceptor: Acceptor, fd: number): Promise<void> {
    if (this.#receiver?.serves(fd) !== true) this.#slot.setPeer(acceptor.peerHere);
    this.#connection = this.#connect(acceptor, fd);
    await serve(serving, this.#connection);
    this.#connection = undefined;
    acceptor.served();
  }

  #connect(acceptor: Acceptor, fd: number, waitFor?: WaitFor): StreamConnection {
    const timeout = this.#handoff.config.idleTimeout * 1000;
    const waitsInReceive = this.#handoff.clientsWait && waitFor === undefined;
    const { peer, turn } = acceptor;
    return this.#receiver?.connection(fd, timeout) ??
      new StreamConnection(fd, { peer, timeout, waitsInReceive, waitFor, turn });
  }

  /** Says why the child ends, once. */
  #logEnd(error: unknown): void {
    if (this.#loggedEnd === error) return;
    this.#loggedEnd = error;
    this.#logger.log(LEVEL.warning, `Child ${runtime.pid} ends: ${clauseOf(error)}`);
  }

  /** Something threw: says what, and ends the process as a Perl child that dies would, without child_finish. */
  async #fail(error: unknown): Promise<never> {
    this.#logEnd(error);
    await callFatalHook(this.#handler.hooks, this.#server, causeOf(error));
    this.#logger.close();
    runtime.exit(error instanceof Stalled ? EX_STALLED : EX_CHILD_THREW);
  }
}
