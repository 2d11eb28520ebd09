/**
 * An acceptor that listens only while it may: because a few children do at a time, and stay warm, or because a serializer
 * lets one process at a time wait for a client, or both.
 *
 * @module
 */

import type { HotTurns } from "../serialize/hot_turns.ts";
import type { Serializer } from "../serialize/turns.ts";
import { Acceptor, type AcceptorOptions, type Next } from "./accept.ts";

/** What an acceptor is given leave by. */
export interface Leave {
  /** Says whether this child is one of the few that listen. Undefined: all do. */
  readonly hot?: HotTurns | undefined;
  /** By what those take turns. Undefined: they do not. */
  readonly serializer?: Serializer | undefined;
}

/** Takes clients from the listening sockets, one at a time, as other processes let it. */
export class TurnAcceptor extends Acceptor {
  declare readonly turn: HotTurns | undefined;
  readonly #serializer: Serializer | undefined;
  /** Whether it has the serializer's turn. */
  #hasTurn = false;
  #hasListened = false;

  constructor(options: AcceptorOptions, { hot, serializer }: Leave) {
    super({ ...options, listensLater: hot !== undefined });
    this.turn = hot;
    this.#serializer = serializer;
    if (hot !== undefined) hot.onRelease = () => this.#rest();
  }

  override taken(): void {
    super.taken();
    this.turn?.begin();
  }

  override served(): void {
    this.turn?.end();
  }

  /** Whether this child listens, or may begin to. */
  #isHot(): boolean {
    if (this.turn?.takeHere() === false) return false;
    this.listen();
    return true;
  }

  #takesTurnHere(): boolean {
    return this.#hasTurn ||= this.#serializer === undefined || this.#serializer.takeHere();
  }

  #giveTurn(): void {
    if (this.#hasTurn) this.#serializer?.release();
    this.#hasTurn = false;
  }

  /** Lets others listen. */
  #rest(): void {
    this.#giveTurn();
    this.listenNoMore();
    this.#serializer?.rest();
  }

  override next(): Next | Promise<Next> {
    if (this.#isHot() && this.#takesTurnHere()) {
      const next = this.nextHere();
      if (next !== undefined) {
        this.#giveTurn();
        return next;
      }
    }
    return this.#nextAway();
  }

  async #nextAway(): Promise<Next> {
    for (;;) {
      const hadTurn = this.#hasTurn;
      const end = await this.#awaitLeave();
      if (end !== undefined) return end;
      // What let it listen may be void since it was taken.
      if (!this.#isHot() || !this.#takesTurnHere()) continue;
      const next = hadTurn ? await this.waitAndTry() : this.#tryHere();
      if (next === undefined) continue;
      this.#giveTurn();
      return next;
    }
  }

  /** A client may have come before this child had the turn. */
  #tryHere(): Next | undefined {
    const next = this.nextHere();
    return next === undefined ? undefined : this.give(next);
  }

  /** Waits for what it needs to listen; the result says why it will not. */
  async #awaitLeave(): Promise<"left" | "parent_gone" | undefined> {
    const { turn } = this;
    if (!this.#isHot()) {
      this.#rest();
      await turn?.park();
    } else if (this.#takesTurnHere()) return undefined;
    // The bell may have been rung while it looked for the turn: nothing would wake it a second time.
    else if (this.#isHot()) this.#hasTurn = await this.#serializer?.takeAway() === true;
    if (this.hasLeft) {
      this.#giveTurn();
      return "left";
    }
    if (this.#hasTurn || !this.isParentGone()) return undefined;
    return "parent_gone";
  }

  protected override parentHasGone(): void {
    this.#serializer?.abandon?.();
  }

  override retire(): void {
    if (this.turn === undefined) return;
    this.#rest();
    this.turn.leave();
  }

  override leave(): number | undefined {
    this.#hasListened = this.isListening;
    const fd = super.leave();
    this.turn?.leave();
    return fd;
  }

  /** The kernel has woken for a client only who listened, and had the turn. */
  protected override lastLook(): number | undefined {
    const fd = this.#hasListened && this.#hasTurn ? super.lastLook() : undefined;
    if (this.#hasTurn) this.#giveTurn();
    else this.#serializer?.leave();
    return fd;
  }
}
