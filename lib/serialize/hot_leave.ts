/**
 * Whether this child is one of the few that listen: it needs a token to do so, and puts it back when its clients make it
 * wait.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";
import { Token } from "./token.ts";
import { WORD } from "./token_words.ts";

/** Of so many clients and one, the last is looked at while all children listen. */
const SAMPLE_MASK = 7;

/** The child's side. */
export class HotLeave {
  /** Called when this child is to listen no more, before another one may. */
  onRelease: () => void = () => {};
  protected readonly token: Token;
  protected readonly words: Int32Array;
  /** Whether there is a client that has not had to be waited for yet. */
  protected isHot = false;
  readonly #slot: Pick<Slot, "setToken">;
  #holds = false;
  /** Clients that were accepted while all children listened. */
  #seen = 0;

  /** @param slot Where it says which token it has. */
  constructor(handoff: TokenHandoff, slot: Pick<Slot, "setToken">) {
    this.token = new Token(handoff);
    this.#slot = slot;
    this.words = this.token.words;
  }

  /** Readable while there are tokens. */
  get fd(): number {
    return this.token.fd;
  }

  /** Whether all children listen. */
  get isOpen(): boolean {
    return this.words[WORD.open] === 1;
  }

  /** Whether this child may listen: it has a token, or finds one, or all may. */
  takeHere(): boolean {
    if (this.#holds && this.token.isValid) return true;
    if (this.isOpen) {
      // It is void when that is over.
      this.token.invent();
      this.#holds = true;
    } else this.#holds = this.token.take();
    this.#slot.setToken(this.#holds ? this.token.generation : 0);
    return this.#holds;
  }

  /** A client was accepted. Whether it counts. */
  count(): boolean {
    // While all listen, it matters only what kind of clients there are, which some of them tell.
    if (this.isOpen && (++this.#seen & SAMPLE_MASK) !== 0) return false;
    this.isHot = true;
    Atomics.add(this.words, WORD.accepted, 1);
    return true;
  }

  /** It was served. */
  end(): void {
    this.isHot = false;
  }

  /** The client makes this child wait. Whether it did not before. */
  countCold(): boolean {
    if (!this.isHot) return false;
    this.isHot = false;
    Atomics.add(this.words, WORD.cold, 1);
    return true;
  }

  /** Lets another child listen. */
  giveBack(): void {
    if (!this.#holds) return;
    this.#holds = false;
    this.#slot.setToken(0);
    this.onRelease();
    // One that was invented is in no pipe, and is void when those in the pipe count again.
    if (!this.isOpen) this.token.giveBack();
  }

  /** Lets another child have the token that this one has, or was woken for. */
  leave(): void {
    if (!this.isOpen && !this.#holds) this.#holds = this.token.take();
    this.giveBack();
  }
}
