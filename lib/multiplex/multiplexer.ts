/**
 * Many clients in one process: the loop that accepts, reads, writes and minds the time (IO::Multiplex).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { ACCEPT_PAUSE_MS, acceptFrom, PeerAddress } from "../client/accept.ts";
import type { Receiver } from "../client/receive.ts";
import { Yielder } from "../client/yield.ts";
import { StreamConnection } from "../connection/stream.ts";
import type { DatagramConnection } from "../connection/datagram.ts";
import type { Server } from "../context.ts";
import type { Awaitable } from "../hooks.ts";
import type { Waker } from "../os/descriptor.ts";
import { createWaitSet, MANY_EVENTS } from "../os/epoll.ts";
import { POLLIN, SHORT_WAIT_MS } from "../os/wait.ts";
import { Deadline, Deadlines } from "./deadlines.ts";
import type { Mux, MuxClient, MuxConnection } from "./mux.ts";
import { serveDatagram } from "./mux_datagram.ts";
import { MuxStream, type StreamHost } from "./mux_stream.ts";

/** How many clients are accepted from one listener before others have their turn. */
const ACCEPTS = 64;
/** The fewest descriptors that one look finds, if as many have events. */
const LOOK = 128;

/** What a multiplexer works with. */
export interface MultiplexerParts {
  /** The descriptors of the listening sockets. */
  readonly listeners: readonly number[];
  readonly server: Server;
  /** Takes datagrams, if a listener carries them. */
  readonly receiver: Receiver | undefined;
  /** Wakes the loop. */
  readonly waker: Waker;
  /** The most connections at a time; further clients wait in the listening sockets' queues. */
  readonly capacity: number;
  /** How long a client may say nothing, in milliseconds; 0 is no limit. */
  readonly idleMs: number;
  /** Counts a client, and returns its number. */
  count(): number;
  /** Whether a client is admitted; undefined if there is nothing to ask. */
  readonly admit: ((connection: StreamConnection) => Promise<boolean>) | undefined;
  /** Makes the program's object for a client. */
  makeClient(connection: MuxConnection, mux: Mux): MuxClient;
  /** Something to do every so often, once the last time has ended (`check_for_dequeue`). */
  readonly dequeue: { readonly everyMs: number; run(): Promise<void> } | undefined;
  /** Called when the service of an admitted client is over, before its `muxClose`. */
  afterService(): Awaitable<void>;
  log(level: number, message: string): void;
}

/** All clients, and the loop that serves them. */
export class Multiplexer implements Mux {
  readonly server: Server;
  readonly #parts: MultiplexerParts;
  readonly #set = createWaitSet({ maxEvents: MANY_EVENTS });
  readonly #deadlines = new Deadlines();
  readonly #host: StreamHost;
  readonly #peer = new PeerAddress();
  readonly #yielder = new Yielder();
  /** By their descriptors. */
  readonly #open = new Map<number, MuxStream>();
  /** Those that are not open any more, but whose last callback has not ended. */
  readonly #leaving = new Set<MuxStream>();
  /** Those that are not admitted yet. */
  readonly #joining = new Set<StreamConnection>();
  /** How many datagrams are being served. */
  #datagrams = 0;
  #scheduled = new Set<MuxStream>();
  #isWaiting = false;
  /** Whether clients are accepted; they are not while there are too many, and any more when the server ends. */
  #accepts = false;
  #isFinishing = false;
  #isEnding = false;
  #saidFull = false;
  readonly #dequeue = new Deadline(() => this.#runDequeue());
  readonly #pause = new Deadline(() => this.#accept(POLLIN));

  constructor(parts: MultiplexerParts) {
    this.#parts = parts;
    this.server = parts.server;
    this.#set.watch(parts.waker.fd, POLLIN);
    this.#accept(POLLIN);
    this.#host = {
      deadlines: this.#deadlines,
      idleMs: parts.idleMs,
      now: () => performance.now(),
      watch: (fd, events) => this.#watch(fd, events),
      log: (level, message) => parts.log(level, message),
      schedule: (stream) => this.#schedule(stream),
      closing: (stream) => this.#closing(stream),
      afterService: () => parts.afterService(),
      finished: (stream) => this.#leaving.delete(stream),
    };
    this.#setDequeue();
  }

  get connections(): Iterable<MuxConnection> {
    return [...this.#open.values()].filter((stream) => !stream.closed);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether a client is being admitted, served or closed. */
  get isBusy(): boolean {
    const connected = this.#open.size + this.#leaving.size + this.#joining.size;
    return connected > 0 || (this.#datagrams > 0 && !this.#isEnding);
  }

  /** Waits for events, and serves the clients that have one. */
  async turn(): Promise<void> {
    this.#proceedScheduled();
    const count = await this.#wait();
    this.#handle(count);
    this.#deadlines.ring(performance.now());
    // Clients that always have something to say must not keep timers and signals from their turn.
    if (this.#yielder.due) await this.#yielder.yieldToEvents();
  }

  async #wait(): Promise<number> {
    const timeLeft = () => this.#scheduled.size > 0 ? 0 : this.#deadlines.next - performance.now();
    // Waiting here is one system call, and on a busy server an event comes within it.
    const count = this.#set.waitHere(Math.min(SHORT_WAIT_MS, timeLeft()));
    if (count > 0 || timeLeft() <= 0) return count;
    this.#isWaiting = true;
    const later = await this.#set.waitAway(timeLeft());
    this.#isWaiting = false;
    return later;
  }

  /** Does what the first `count` events of the last wait ask for. */
  #handle(count: number): void {
    for (let i = 0; i < count; i++) this.#onEvents(this.#set.fdAt(i), this.#set.eventsAt(i));
  }

  #onEvents(fd: number, events: number): void {
    const { listeners, waker } = this.#parts;
    const stream = this.#open.get(fd);
    if (stream !== undefined) stream.onEvents(events);
    else if (listeners.includes(fd)) this.#acceptFrom(fd);
    else if (fd === waker.fd) waker.take();
  }

  #setDequeue(): void {
    const { dequeue } = this.#parts;
    if (dequeue !== undefined) this.#deadlines.set(this.#dequeue, performance.now() + dequeue.everyMs);
  }

  async #runDequeue(): Promise<void> {
    await this.#parts.dequeue?.run();
    this.#setDequeue();
    this.#parts.waker.wake(); // a wait that is under way may be longer
  }

  #watch(fd: number, events: number): void {
    this.#set.watch(fd, events);
    if (this.#isWaiting && !this.#set.isLive) this.#parts.waker.wake();
  }

  #schedule(stream: MuxStream): void {
    this.#scheduled.add(stream);
    if (this.#isWaiting) this.#parts.waker.wake();
  }

  #proceedScheduled(): void {
    const scheduled = this.#scheduled;
    if (scheduled.size === 0) return;
    this.#scheduled = new Set();
    for (const stream of scheduled) stream.proceed();
  }

  /** Listens for clients (`POLLIN`), or leaves them in the queues (0). */
  #accept(events: number): void {
    if (events !== 0 && this.#isFinishing) return;
    this.#accepts = events !== 0;
    for (const fd of this.#parts.listeners) this.#watch(fd, events);
  }

  #acceptFrom(listener: number): void {
    for (let i = 0; i < ACCEPTS && this.#accepts; i++) {
      if (this.#open.size + this.#joining.size + this.#datagrams >= this.#parts.capacity) {
        return this.#onFull();
      }
      if (this.#parts.receiver?.serves(listener)) {
        if (this.#receiveFrom(listener, this.#parts.receiver)) continue;
        return;
      }
      const fd = acceptFrom(listener, this.#peer);
      if (typeof fd === "number") this.#join(fd);
      else if (fd === "nobody_waits") return;
      else return this.#onNoRoom();
    }
  }

  /** Whether there was a datagram. */
  #receiveFrom(socket: number, receiver: Receiver): boolean {
    const received = receiver.receive(socket);
    if (received === "full") this.#pauseAccepting();
    if (received !== true) return false;
    const connection = receiver.connection(socket, this.#parts.idleMs);
    if (connection !== undefined) void this.#serveDatagram(connection, this.#parts.count());
    return true;
  }

  async #serveDatagram(connection: DatagramConnection, id: number): Promise<void> {
    const { admit } = this.#parts;
    this.#datagrams++;
    if (admit === undefined || await admit(connection)) {
      const makeClient = (peer: MuxConnection) => this.#parts.makeClient(peer, this);
      await serveDatagram(this.#host, connection, { id, makeClient });
    }
    this.#datagrams--;
    this.#onPlace();
    if (this.#isFinishing) this.#parts.waker.wake();
  }

  #onFull(): void {
    this.#accept(0);
    if (this.#saidFull) return;
    this.#saidFull = true;
    this.#parts.log(
      LEVEL.notice,
      `There are ${this.#parts.capacity} clients, which is the most: others wait their turn`,
    );
  }

  /** The system has no descriptor left: perhaps another process will close some. */
  #onNoRoom(): void {
    this.#parts.log(
      LEVEL.warning,
      `Cannot accept a client: ${this.#peer.whyNoRoom}; trying again in a second`,
    );
    this.#pauseAccepting();
  }

  #pauseAccepting(): void {
    this.#accept(0);
    this.#deadlines.set(this.#pause, performance.now() + ACCEPT_PAUSE_MS);
  }

  #join(fd: number): void {
    const { admit, idleMs } = this.#parts;
    const id = this.#parts.count();
    const connection = new StreamConnection(fd, { peer: this.#peer.bytes, timeout: idleMs });
    if (admit === undefined) return this.#begin(connection, id);
    this.#joining.add(connection);
    admit(connection).then((isAllowed) => {
      this.#joining.delete(connection);
      if (isAllowed && !this.#isFinishing) return this.#begin(connection, id);
      connection.close();
      this.#onPlace();
    });
  }

  #begin(connection: StreamConnection, id: number): void {
    const stream = new MuxStream(this.#host, connection, id);
    this.#open.set(connection.fd, stream);
    stream.begin(() => this.#parts.makeClient(stream, this));
  }

  #closing(stream: MuxStream): void {
    this.#open.delete(stream.fd);
    this.#leaving.add(stream);
    this.#onPlace();
  }

  /** One who waits in a queue may come in place of one who left. */
  #onPlace(): void {
    if (this.#accepts || this.#pause.index >= 0) return;
    this.#accept(POLLIN);
    if (this.#open.size < this.#parts.capacity * 0.9) this.#saidFull = false;
  }

  /** Accepts no more, serves what has come so far, and closes every connection once its answers were sent. */
  finish(): void {
    this.#isFinishing = true;
    this.#accept(0);
    // A look returns a part of those who have something, if there are many.
    for (let i = 0; i <= this.#open.size / LOOK; i++) this.#handle(this.#set.waitHere(0));
    for (const stream of this.#open.values()) stream.retire();
  }

  /** Closes every connection at once. What is left to do then is their last callbacks. */
  end(): void {
    this.#isFinishing = true;
    this.#accept(0);
    for (const connection of this.#joining) connection.close();
    this.#joining.clear();
    this.#isEnding = true;
    for (const stream of [...this.#open.values(), ...this.#leaving]) stream.abandon();
  }
}
