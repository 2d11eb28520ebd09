/**
 * An acceptor behind a serializer: one process at a time waits for a client.
 *
 * @module
 */

import type { Serializer } from "../serialize/turns.ts";
import { Acceptor, type AcceptorOptions, type Next } from "./accept.ts";

/** Takes clients from the listening sockets, one at a time and in turn with other processes. */
export class SerializedAcceptor extends Acceptor {
  readonly #serializer: Serializer;
  #holding = false;

  constructor(options: AcceptorOptions, serializer: Serializer) {
    super(options);
    this.#serializer = serializer;
  }

  override next(): Next | Promise<Next> {
    return this.#serializer.takeHere() ? this.#nextWithTurn() : this.#nextInTurn();
  }

  /** The next client, for who has the turn; it is given back. */
  #nextWithTurn(): Next | Promise<Next> {
    const next = this.nextHere();
    if (next === undefined) return this.#nextHolding();
    this.#serializer.release();
    return this.give(next);
  }

  async #nextHolding(): Promise<Next> {
    this.#holding = true;
    try {
      return await this.nextAfterWait();
    } finally {
      if (this.#holding) this.#giveTurn();
    }
  }

  async #nextInTurn(): Promise<Next> {
    while (!await this.#serializer.takeAway()) {
      if (this.hasLeft) return "left";
      if (this.isParentGone()) return "parent_gone";
      if (this.#serializer.takeHere()) break;
    }
    if (this.hasLeft) {
      this.#serializer.release();
      return "left";
    }
    return await this.#nextWithTurn();
  }

  #giveTurn(): void {
    this.#holding = false;
    this.#serializer.release();
  }

  protected override parentHasGone(): void {
    this.#serializer.abandon?.();
  }

  protected override lastLook(): number | undefined {
    if (!this.#holding) {
      this.#serializer.leave();
      return undefined;
    }
    const fd = super.lastLook();
    if (this.#holding) this.#giveTurn();
    return fd;
  }
}
