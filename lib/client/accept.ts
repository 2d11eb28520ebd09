/**
 * A client of any listener: tried at once, else waited for. Where processes take turns, that is for others to say:
 * `turn_acceptor.ts`.
 *
 * @module
 */

import { errno } from "../os/calls.ts";
import { closeFd } from "../os/descriptor.ts";
import {
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  EPROTO,
  errnoName,
  errnoSentence,
} from "../os/errno.ts";
import { SOCKADDR_SIZE } from "../os/sockaddr.ts";
import { acceptBlocking, acceptNow } from "../os/socket.ts";
import { createWaitSet, type WaitSet } from "../os/epoll.ts";
import { AdaptiveSpin, IDLE_WAIT_MS, pollAway } from "../os/wait.ts";
import type { Turn } from "../connection/options.ts";
import type { Receiver } from "./receive.ts";

/**
 * What {@linkcode Acceptor.next} gives: a client's descriptor; or that the parent has gone, or that the child itself has
 * left meanwhile.
 */
export type Next = number | "parent_gone" | "left";

/** What {@linkcode acceptFrom} gives: a client's descriptor; or why there is none now. */
export type Accepted = number | "nobody_waits" | "no_room";

/** How long a process that may not open another descriptor waits before it accepts again (Net::Server: one second). */
export const ACCEPT_PAUSE_MS = 1000;

/** Room for the address of a client that is accepted. */
export class PeerAddress {
  readonly room = new Uint8Array(SOCKADDR_SIZE);
  readonly #length = new Uint32Array(1);
  readonly #lengthBytes = new Uint8Array(this.#length.buffer);
  /** Why there was no room for the last client. */
  whyNoRoom = "";

  /** The `struct sockaddr` of the last client, copied. */
  get bytes(): Uint8Array {
    return this.room.slice(0, this.#length[0]);
  }

  /** Where the system is told how much room there is, and tells how much it took. */
  get lengthBytes(): Uint8Array {
    this.#length[0] = SOCKADDR_SIZE;
    return this.#lengthBytes;
  }
}

/** Takes a client that waits. */
export function acceptFrom(listener: number, peer: PeerAddress, accept = acceptNow): Accepted {
  for (;;) {
    const fd = accept(listener, peer.room, peer.lengthBytes);
    if (fd >= 0) return fd;
    const code = errno();
    if (code === EAGAIN) return "nobody_waits";
    // The client was gone before it was taken: the next one may be there.
    if (code === EINTR || code === ECONNABORTED || code === EPROTO) continue;
    const why = errnoSentence(errnoName(code));
    if (code === EMFILE || code === ENFILE || code === ENOBUFS || code === ENOMEM) {
      peer.whyNoRoom = why;
      return "no_room";
    }
    throw new Error(`Cannot accept a client: ${why}`);
  }
}

/** What an acceptor works with. */
export interface AcceptorOptions {
  readonly listeners: readonly { readonly fd: number }[];
  readonly deathPipeFd: number;
  /** Whether it does not listen before it is told to. @default false */
  readonly listensLater?: boolean | undefined;
  /** Takes the clients of sockets that carry datagrams, where there are any. */
  readonly receiver: Receiver | undefined;
  /** Whether the clients of all listeners wait in `recv(2)` (see `doClientsWait`). */
  readonly clientsWait: boolean;
  /** What it waits in. Default: a set of its own. */
  readonly set?: WaitSet | undefined;
  /** Told of a failure that a person should know of. */
  readonly warn: (message: string) => void;
}

/** Takes clients from the listening sockets, one at a time. */
export class Acceptor {
  readonly #listeners: readonly number[];
  readonly #deathPipeFd: number;
  readonly #receiver: Receiver | undefined;
  readonly #warn: (message: string) => void;
  readonly #accept: typeof acceptNow;
  readonly #wait: WaitSet;
  readonly #peer = new PeerAddress();
  /** The listener that is tried first; it moves on, so that a busy port does not starve the others. */
  #first = 0;
  readonly #spin = new AdaptiveSpin(IDLE_WAIT_MS);
  #pausing = false;
  /** Whether {@linkcode leave} was called. */
  protected hasLeft = false;
  protected isListening = false;
  #gaveUp = false;
  /** A client that was accepted after a wait and that the caller does not know of yet. */
  #untaken: number | undefined;
  /** What is to know how long a client keeps this process waiting. */
  readonly turn: Turn | undefined = undefined;
  /** The index of the listener that the last client came from. */
  listener = 0;

  constructor(options: AcceptorOptions) {
    this.#listeners = options.listeners.map(({ fd }) => fd);
    this.#deathPipeFd = options.deathPipeFd;
    this.#receiver = options.receiver;
    this.#warn = options.warn;
    this.#wait = options.set ?? createWaitSet();
    this.#accept = options.clientsWait ? acceptBlocking : acceptNow;
    if (options.listensLater !== true) this.listen();
    this.#wait.add(options.deathPipeFd);
  }

  /** Takes part in what the kernel wakes one process for. */
  protected listen(): void {
    if (this.isListening || this.hasLeft) return;
    this.isListening = true;
    for (const fd of this.#listeners) this.#wait.addShared(fd);
  }

  /** Does not any more. */
  protected listenNoMore(): void {
    if (!this.isListening) return;
    this.isListening = false;
    for (const fd of this.#listeners) this.#wait.remove(fd);
  }

  /** The `struct sockaddr` of the last client, copied. */
  get peer(): Uint8Array {
    return this.#peer.bytes;
  }

  /** The same without a copy. */
  get peerHere(): Uint8Array {
    return this.#peer.room;
  }

  /** The client that {@linkcode next} gave was served. */
  served(): void {}

  /** The next client. For a datagram the descriptor is that of the socket, and the receiver has the rest. */
  next(): Next | Promise<Next> {
    return this.nextHere() ?? this.nextAfterWait();
  }

  /** The caller has the client that {@linkcode next} gave. */
  taken(): void {
    this.#untaken = undefined;
  }

  /** A client that waits already; undefined if none does. */
  acceptWaiting(): number | undefined {
    const count = this.#listeners.length;
    for (let i = 0; i < count; i++) {
      const index = (this.#first + i) % count;
      const fd = this.#acceptFrom(this.#listeners[index] as number);
      if (fd !== undefined) {
        this.listener = index;
        this.#first = index + 1;
        return fd;
      }
    }
    return undefined;
  }

  /** Whether a pause is due, since the system gives no descriptor now. Says so once. */
  takePause(): boolean {
    const due = this.#pausing;
    this.#pausing = false;
    return due;
  }

  #acceptFrom(listener: number): number | undefined {
    if (this.#receiver?.serves(listener)) return this.#receiveFrom(listener, this.#receiver);
    const fd = acceptFrom(listener, this.#peer, this.#accept);
    if (typeof fd === "number") return fd;
    if (fd === "nobody_waits") return undefined;
    this.#warn(`Cannot accept a client: ${this.#peer.whyNoRoom}; trying again in a second`);
    this.#pausing = true;
    return undefined;
  }

  #receiveFrom(socket: number, receiver: Receiver): number | undefined {
    const received = receiver.receive(socket);
    if (received === "full") this.#pausing = true;
    return received === true ? socket : undefined;
  }

  /**
   * What {@linkcode next} gives if that is there within a moment, without a promise: waiting here is one system call,
   * and on a busy server a client usually comes within it. Undefined if nothing is.
   */
  protected nextHere(): number | "parent_gone" | undefined {
    const fd = this.acceptWaiting();
    if (fd !== undefined) return fd;
    if (this.#pausing) return undefined;
    const ready = this.#wait.waitHere(this.#spin.ms);
    if (ready <= 0) {
      this.#spin.missed();
      return undefined;
    }
    return this.#isParentGone(ready) ? "parent_gone" : this.acceptWaiting();
  }

  /** Waits until a listener has a client or the parent has gone, then tries. Undefined: another was quicker. */
  protected async waitAndTry(): Promise<Next | undefined> {
    if (this.takePause()) {
      await pollAway([{ fd: this.#deathPipeFd, events: 1 }], ACCEPT_PAUSE_MS);
    } else {
      await this.#spin.learn(this.#wait.waitAway());
    }
    // leave() has had the last look meanwhile: a client taken now would be dropped.
    if (this.hasLeft) return "left";
    const next = this.nextHere();
    return next === undefined ? undefined : this.give(next);
  }

  /** The same until there is something. */
  protected async nextAfterWait(): Promise<Next> {
    for (;;) {
      const next = await this.waitAndTry();
      if (next !== undefined) return next;
    }
  }

  /** Notes a client that is on its way to the caller. */
  protected give(next: number | "parent_gone"): Next {
    if (typeof next === "number") this.#untaken = next;
    return next;
  }

  /** Whether the parent has gone. */
  isParentGone(): boolean {
    return this.#isParentGone(this.#wait.waitHere(0));
  }

  #isParentGone(ready: number): boolean {
    if (ready <= 0 || !this.#wait.has(this.#deathPipeFd, ready)) return false;
    this.parentHasGone();
    return true;
  }

  /** The parent has gone. */
  protected parentHasGone(): void {}

  /**
   * Gives up listeners of streams, for who takes no client any more but is still at work: clients find
   * them closed, or another server may have them, as soon as no other process has them open.
   */
  giveUp(streams: readonly { readonly fd: number }[]): void {
    if (this.#gaveUp) return;
    this.#gaveUp = true;
    for (const { fd } of streams) {
      this.#wait.remove(fd);
      closeFd(fd);
    }
  }

  /**
   * Stops waiting for good, and takes a client that this process may have been woken for, if there is one.
   *
   * The kernel wakes one process for a client. If that one left without taking the client, no other would come
   * for it before the next client does. So: first out of the set, then a last look.
   */
  leave(): number | undefined {
    this.hasLeft = true;
    this.listenNoMore();
    // One that is on its way to the caller, who has not seen it: on Deno a signal's listener may run in between.
    if (this.#untaken !== undefined) return this.#untaken;
    return this.lastLook();
  }

  /** Takes no client any more, and has taken the last that it may have been woken for. */
  retire(): void {}

  /** Takes a client that waits, when this process has stopped to do so. */
  protected lastLook(): number | undefined {
    return this.acceptWaiting();
  }
}
