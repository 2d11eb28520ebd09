/**
 * Turns by a single token in a pipe. When a child dies that may have held it, the parent makes it anew: so the turn is never
 * lost, and never doubled for longer than one client.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import { createWaitSet, Epoll, type WaitSet } from "../os/epoll.ts";
import { AdaptiveSpin, IDLE_WAIT_MS } from "../os/wait.ts";
import { Token } from "./token.ts";
import type { TurnToken } from "./turns.ts";

/** What wakes a child that waits for its turn, beside the turn. */
export interface TurnWakers {
  readonly deathPipeFd: number;
  /** Rung when others shall wait, or more than before. */
  readonly bell?: number | undefined;
}

/** The child's side. */
export class PipeSerializer implements TurnToken {
  readonly #token: Token;
  readonly #wait: WaitSet;
  readonly #spin = new AdaptiveSpin(IDLE_WAIT_MS);
  #queues = false;

  constructor(handoff: TokenHandoff, { deathPipeFd, bell }: TurnWakers) {
    this.#token = new Token(handoff);
    if (bell === undefined) this.#wait = createWaitSet();
    else {
      const set = new Epoll();
      set.addEdgeTriggered(bell);
      this.#wait = set;
    }
    this.#wait.add(deathPipeFd);
  }

  /** Is one of those that the kernel chooses from. */
  #queue(): void {
    if (this.#queues) return;
    this.#queues = true;
    this.#wait.addShared(this.#token.fd);
  }

  get isValid(): boolean {
    return this.#token.isValid;
  }

  takeHere(): boolean {
    if (this.#token.take()) return true;
    this.#queue();
    if (this.#wait.waitHere(this.#spin.ms) > 0) return this.#token.take();
    this.#spin.missed();
    return false;
  }

  async takeAway(): Promise<boolean> {
    this.#queue();
    await this.#spin.learn(this.#wait.waitAway());
    return this.#token.take();
  }

  async pause(longestMs: number): Promise<void> {
    this.#queue();
    await this.#wait.waitAway(longestMs);
  }

  release(): void {
    this.#token.giveBack();
  }

  rest(): void {
    if (!this.#queues) return;
    this.#queues = false;
    this.#wait.remove(this.#token.fd);
  }

  leave(): void {
    this.rest();
    if (this.#token.take()) this.release();
  }
}
