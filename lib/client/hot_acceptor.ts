/**
 * An acceptor that listens only while it may: a few children do at a time, and stay warm.
 *
 * @module
 */

import { Epoll } from "../os/epoll.ts";
import type { HotTurns } from "../serialize/hot_turns.ts";
import { Acceptor, type AcceptorOptions, type Next } from "./accept.ts";

/** Takes clients from the listening sockets, one at a time, where a few processes are enough to do so. */
export class HotAcceptor extends Acceptor {
  declare readonly turn: HotTurns;
  #hasListened = false;

  /** @param bell Wakes all who listen, once for each time it is rung: who may listen has changed. */
  constructor(options: AcceptorOptions, turns: HotTurns, bell: number) {
    const set = new Epoll();
    super({ ...options, set, listensLater: true });
    set.addEdgeTriggered(bell);
    this.turn = turns;
    turns.onRelease = () => this.listenNoMore();
  }

  override taken(): void {
    super.taken();
    this.turn.begin();
  }

  override served(): void {
    this.turn.end();
  }

  override next(): Next | Promise<Next> {
    if (this.turn.takeHere()) {
      this.listen();
      const next = this.nextHere();
      if (next !== undefined) return next;
    }
    return this.#nextAway();
  }

  /** Listens if that may be, and rests until then. */
  async #nextAway(): Promise<Next> {
    for (;;) {
      if (this.turn.takeHere()) {
        this.listen();
        const next = await this.waitAndTry();
        if (next !== undefined) return next;
      } else {
        this.listenNoMore();
        await this.turn.park();
        if (this.hasLeft) return "left";
        if (this.isParentGone()) return "parent_gone";
      }
    }
  }

  override retire(): void {
    this.listenNoMore();
    this.turn.leave();
  }

  override leave(): number | undefined {
    this.#hasListened = this.isListening;
    const fd = super.leave();
    this.turn.leave();
    return fd;
  }

  /** The kernel has woken for a client only who listened. */
  protected override lastLook(): number | undefined {
    return this.#hasListened ? super.lastLook() : undefined;
  }
}
