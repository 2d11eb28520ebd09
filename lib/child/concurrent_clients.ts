/**
 * A child that serves several clients at once (`max_clients`).
 *
 * Children share clients fairly: one that is idle takes a client before one that is busy does. A busy child therefore
 * waits in the listeners' queue only while no child is idle, and steps back to the end of that queue with each client.
 * Whether any is idle is counted in shared memory; when that changes, all of them are woken (a broadcast wakeup).
 *
 * @module
 */

import type { StreamConnection } from "../connection/stream.ts";
import type { Epoll } from "../os/epoll.ts";
import type { Waker } from "../os/descriptor.ts";
import { pollAway, pollHere, POLLIN, SHORT_WAIT_MS, type WaitFor } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import type { WaitingCount } from "../scoreboard/waiting_count.ts";
import { ACCEPT_PAUSE_MS, type Acceptor } from "../client/accept.ts";
import { ClientWaits } from "./client_waits.ts";

/** What it works with. */
export interface ConcurrentParts {
  readonly acceptor: Acceptor;
  /** The acceptor's wait set. */
  readonly set: Epoll;
  readonly listeners: readonly number[];
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
  readonly #waits: ClientWaits;
  readonly #connections = new Set<StreamConnection>();
  readonly #end = Promise.withResolvers<ConcurrentEnd>();
  /** Whether it stands in the listeners' queue. The acceptor has put it there. */
  #queued = true;
  #pausing = false;
  #stopped = false;
  #parentGone = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: ConcurrentParts) {
    this.#parts = parts;
    this.#waits = new ClientWaits(parts.set);
    parts.set.addEdgeTriggered(parts.broadcast.fd);
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
      if (count <= 0) count = await set.waitAway();
      this.#handle(count);
      // The handlers that were woken go on now, and everything else in this process has its turn.
      await runtime.yieldToEvents();
    }
  }

  #handle(count: number): void {
    const { set, listeners, deathPipeFd, broadcast } = this.#parts;
    let accept = false;
    for (let i = 0; i < count; i++) {
      const fd = set.fdAt(i);
      if (fd === deathPipeFd) this.#leaveBecauseOfParent();
      // A child that left the queue may have been woken for a client that is still there.
      else if (fd === broadcast.fd || listeners.includes(fd)) accept = true;
      else this.#waits.wake(fd, set.eventsAt(i));
    }
    if (accept) this.#accept();
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
    const wanted = !this.#stopped && !this.#pausing && this.size < maxClients &&
      (this.size === 0 || idle.value === 0);
    if (wanted && !this.#queued) this.#enterQueue();
    if (!wanted && this.#queued) this.#leaveQueue();
  }

  #enterQueue(): void {
    for (const fd of this.#parts.listeners) this.#parts.set.addShared(fd);
    this.#queued = true;
  }

  #leaveQueue(): void {
    const { set, listeners, broadcast } = this.#parts;
    for (const fd of listeners) set.remove(fd);
    this.#queued = false;
    // The kernel wakes one child for a client. If that was this one, another must be told.
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
    this.#parts.turned("idle");
    if (this.#parts.idle.value === 1) this.#parts.broadcast.wake();
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
