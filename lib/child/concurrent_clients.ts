/**
 * A child that serves several clients at once (`max_clients`).
 *
 * Children share clients fairly: one that is idle takes a client before one that is busy does. A busy child therefore
 * waits in the listeners' queue only while no child is idle, and steps back to the end of that queue with each client.
 * Whether any is idle is counted in shared memory; when none is any more, all of them are woken (a broadcast wakeup).
 *
 * Where a few children are enough to listen, a child needs a token for it, which it keeps over clients that never make it
 * wait.
 *
 * @module
 */

import type { StreamConnection } from "../connection/stream.ts";
import { HotLeave } from "../serialize/hot_leave.ts";
import type { HotHandoff } from "../handoff.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";
import type { Epoll } from "../os/epoll.ts";
import type { Waker } from "../os/descriptor.ts";
import { pollAway, pollHere, POLLIN, SHORT_WAIT_MS, type WaitFor } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import type { WaitingCount } from "../scoreboard/waiting_count.ts";
import { ACCEPT_PAUSE_MS, type Acceptor } from "../client/accept.ts";
import { ClientWaits } from "./client_waits.ts";

/** After how long without an event its clients are said to make a child wait, in milliseconds. */
const COLD_MS = 3;

/** What it works with. */
export interface ConcurrentParts {
  readonly acceptor: Acceptor;
  /** The acceptor's wait set. */
  readonly set: Epoll;
  readonly listeners: readonly number[];
  /** By what a few children listen. Undefined: all do. */
  readonly hot: HotHandoff | undefined;
  /** Where this child says which token it has. */
  readonly slot: Pick<Slot, "setToken">;
  readonly deathPipeFd: number;
  readonly maxClients: number;
  /** How many children are idle. */
  readonly idle: WaitingCount;
  /** Wakes all children. */
  readonly broadcast: Waker;
  /** A client was accepted. */
  readonly took: () => void;
  /** The child has no client any more, or its first. */
  readonly turned: (state: "idle" | "busy") => void;
  /** No client is accepted any more, because the parent has gone. */
  readonly giveUp: () => void;
  /** Whether no further client is to be accepted. */
  readonly isOver: () => boolean;
  /** The client that was just accepted. */
  readonly connect: (fd: number, waitFor: WaitFor) => StreamConnection;
  /** A handler or a hook threw: no client is accepted any more, and those that are there are served to their end. */
  readonly failed: (error: unknown) => void;
  /** Serves a client, and closes it. */
  readonly serve: (connection: StreamConnection) => Promise<void>;
}

/** How it ended. */
export type ConcurrentEnd = "over" | "parent_gone";

/** Accepts and serves clients, up to so many at once. */
export class ConcurrentClients {
  readonly #parts: ConcurrentParts;
  readonly #hot: HotLeave | undefined;
  readonly #waits: ClientWaits;
  readonly #connections = new Set<StreamConnection>();
  readonly #end = Promise.withResolvers<ConcurrentEnd>();
  /** Whether it stands in the listeners' queue. Where it needs no token for it, the acceptor has put it there. */
  #queued: boolean;
  /** Whether it waits for a token. */
  #isParked = false;
  #pausing = false;
  /** Whether it may be woken for a client at any moment. */
  #isAway = false;
  #stopped = false;
  #parentGone = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: ConcurrentParts) {
    this.#parts = parts;
    this.#waits = new ClientWaits(parts.set);
    parts.set.addEdgeTriggered(parts.broadcast.fd);
    const { hot, slot, set } = parts;
    this.#queued = hot === undefined;
    if (hot === undefined) return;
    this.#hot = new HotLeave(hot.token, slot);
    this.#hot.onRelease = () => this.#leaveQueue();
    set.addEdgeTriggered(hot.bell.read);
  }

  /** How many clients are being served. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * Serves clients until the last one has gone.
   *
   * @throws what a handler or a hook threw, once the other clients have been served
   */
  async run(): Promise<ConcurrentEnd> {
    this.#becomeIdle();
    this.#loop().catch((error) => this.#end.reject(error));
    return await this.#end.promise;
  }

  async #loop(): Promise<never> {
    const { set } = this.#parts;
    for (;;) {
      this.#takePlace();
      let count = set.waitHere(SHORT_WAIT_MS);
      if (count <= 0) count = await this.#waitAway();
      this.#handle(count);
      // The handlers that were woken go on now, and everything else in this process has its turn.
      await runtime.yieldToEvents();
    }
  }

  /** Waits off the event loop. While its clients make this child wait, an idle one may listen in its place. */
  async #waitAway(): Promise<number> {
    const { set, idle } = this.#parts;
    const hot = this.#hot;
    this.#isAway = true;
    let count = 0;
    if (hot !== undefined && this.#queued && this.size > 0) {
      count = await set.waitAway(COLD_MS);
      if (count <= 0) {
        hot.countCold();
        if (!hot.isOpen && idle.value > 0) hot.giveBack();
      }
    }
    if (count <= 0) count = await set.waitAway();
    this.#isAway = false;
    return count;
  }

  #handle(count: number): void {
    const { set, listeners, deathPipeFd, broadcast, hot } = this.#parts;
    let isClientThere = false;
    let isTokenThere = false;
    let isCalled = false;
    for (let i = 0; i < count; i++) {
      const fd = set.fdAt(i);
      if (fd === deathPipeFd) this.#leaveBecauseOfParent();
      else if (listeners.includes(fd)) isClientThere = true;
      // A child that left the queue may have been woken for a client that is still there.
      else if (fd === broadcast.fd || fd === hot?.bell.read) isCalled = true;
      else if (fd === hot?.token.pipe.read) isTokenThere = true;
      else this.#waits.wake(fd, set.eventsAt(i));
    }
    if (isClientThere || isTokenThere || isCalled) this.#accept();
    if (this.#queued) return;
    if (isClientThere) this.#passOn();
    if (isTokenThere) this.#hot?.leave();
  }

  #leaveBecauseOfParent(): void {
    if (this.#parentGone) return;
    this.#parentGone = true;
    this.#parts.set.remove(this.#parts.deathPipeFd);
    this.stop();
    this.#parts.giveUp();
  }

  /** Enters the listeners' queue or leaves it, as is right now. */
  #takePlace(): void {
    const { idle, maxClients } = this.#parts;
    const hot = this.#hot;
    const isFree = !this.#stopped && !this.#pausing && this.size < maxClients;
    const isItsTurn = this.size === 0 || idle.value === 0;
    if (hot === undefined) return this.#queue(isFree && isItsTurn);
    // A child keeps its token while its clients do not make it wait.
    const wants = isFree && (isItsTurn || this.#queued && !hot.isOpen);
    if (!wants) hot.giveBack();
    this.#queue(wants && hot.takeHere());
    this.#park(wants && !this.#queued);
  }

  #queue(wanted: boolean): void {
    if (wanted && !this.#queued) this.#enterQueue();
    if (!wanted && this.#queued) this.#leaveQueue();
  }

  /** Waits for a token, or not any more. */
  #park(wanted: boolean): void {
    const { set } = this.#parts;
    const hot = this.#hot;
    if (hot === undefined || wanted === this.#isParked) return;
    this.#isParked = wanted;
    if (wanted) return set.addShared(hot.fd);
    set.remove(hot.fd);
    // It may have been woken for one.
    if (this.#isAway && !this.#queued) hot.leave();
  }

  #enterQueue(): void {
    for (const fd of this.#parts.listeners) this.#parts.set.addShared(fd);
    this.#queued = true;
  }

  #leaveQueue(): void {
    const { set, listeners } = this.#parts;
    if (!this.#queued) return;
    for (const fd of listeners) set.remove(fd);
    this.#queued = false;
    if (this.#isAway) this.#passOn();
  }

  /** The kernel wakes one child for a client. This one was woken, and takes none: another must be told. */
  #passOn(): void {
    const { listeners, broadcast } = this.#parts;
    // Who takes the token looks for itself.
    if (this.#hot?.isOpen === false) return;
    if (listeners.some((fd) => pollHere(fd, POLLIN, 0))) broadcast.wake();
  }

  /** Goes to the end of the queue, behind those whose last client is longer ago. */
  #stepBack(): void {
    const { set, listeners } = this.#parts;
    // Each that enters looks first, so that no client is overlooked in between.
    for (const fd of listeners) {
      set.remove(fd);
      set.addShared(fd);
    }
  }

  #accept(): void {
    this.#takePlace();
    if (!this.#queued) return;
    const fd = this.#parts.acceptor.acceptWaiting();
    if (this.#parts.acceptor.takePause()) this.#pause();
    if (fd !== undefined) this.#begin(fd);
  }

  /** The system gives no descriptor now: later. */
  #pause(): void {
    this.#pausing = true;
    const { deathPipeFd } = this.#parts;
    pollAway([{ fd: deathPipeFd, events: POLLIN }], ACCEPT_PAUSE_MS).then(() => {
      this.#pausing = false;
      this.#takePlace();
    });
  }

  #begin(fd: number): void {
    const { idle, broadcast, took, turned, connect } = this.#parts;
    const connection = connect(fd, this.#waits.waitFor);
    this.#connections.add(connection);
    took();
    this.#hot?.count();
    if (this.size === 1) {
      turned("busy");
      if (idle.value === 0) broadcast.wake();
    } else this.#stepBack();
    if (this.#parts.isOver()) this.#stopped = true;
    this.#serve(connection);
  }

  async #serve(connection: StreamConnection): Promise<void> {
    try {
      await this.#parts.serve(connection);
    } catch (error) {
      if (this.#failure === undefined) this.#parts.failed(error);
      this.#failure ??= { error };
      this.#stopped = true;
    }
    this.#connections.delete(connection);
    if (this.#parts.isOver()) this.#stopped = true;
    if (this.size === 0 && !this.#stopped) this.#becomeIdle();
    this.#takePlace();
    this.#endIfDone();
  }

  #becomeIdle(): void {
    this.#hot?.end();
    this.#parts.turned("idle");
  }

  #endIfDone(): void {
    if (!this.#stopped || this.size > 0) return;
    if (this.#failure !== undefined) this.#end.reject(this.#failure.error);
    else this.#end.resolve(this.#parentGone ? "parent_gone" : "over");
  }

  /** Accepts no more clients; {@linkcode run} ends when the present ones have gone. */
  stop(): void {
    this.#stopped = true;
    this.#takePlace();
    this.#endIfDone();
  }

  /** Tells all clients' handlers that they should come to an end. */
  abort(reason: unknown): void {
    for (const connection of this.#connections) connection.abort(reason);
  }
}
