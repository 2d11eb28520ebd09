/**
 * Who listens, as a child sees it: it needs a token to do so, keeps it over clients that never make it wait, and puts it back
 * when one does.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import { createWaitSet, type WaitSet } from "../os/epoll.ts";
import { runtime } from "../runtime/choose.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";
import { Token } from "./token.ts";
import { WORD } from "./token_words.ts";

/** How long a client may have the token of its child while it keeps that at work, in milliseconds. */
const LONGEST_TURN_MS = 5;
/** After so many short waits in vain, one after another, the next client is expected to make its child wait. */
const MOST_IN_VAIN = 3;
/** Of so many clients and one, the last is looked at while all children listen. */
const SAMPLE_MASK = 7;

/** The child's side. */
export class HotTurns {
  /** Called when this child is to listen no more. */
  onRelease: () => void = () => {};
  readonly #token: Token;
  readonly #slot: Pick<Slot, "setToken">;
  readonly #words: Int32Array;
  readonly #parked: WaitSet = createWaitSet();
  #holds = false;
  /** Whether there is a client that has not had to be waited for yet. */
  #isHot = false;
  #began = 0;
  #inVain = 0;
  /** Clients that were accepted while all children listened. */
  #seen = 0;
  /** Whether the event loop's next turn will be noticed. */
  #noticesTurn = false;

  /** @param slot Where it says which token it has. */
  constructor(handoff: TokenHandoff, deathPipeFd: number, slot: Pick<Slot, "setToken">) {
    this.#token = new Token(handoff);
    this.#slot = slot;
    this.#words = this.#token.words;
    this.#parked.addShared(this.#token.fd);
    this.#parked.add(deathPipeFd);
  }

  get #isOpen(): boolean {
    return this.#words[WORD.open] === 1;
  }

  /** Whether the turn is enough to listen, and its lock is left alone. */
  readonly isLockless = (): boolean => this.#words[WORD.lockless] === 1;

  /** Whether this child may listen: it has a token, or finds one, or all may. */
  takeHere(): boolean {
    if (this.#holds && this.#token.isValid) return true;
    if (this.#isOpen) {
      // It is void when that is over.
      this.#token.invent();
      this.#holds = true;
    } else this.#holds = this.#token.take();
    this.#slot.setToken(this.#holds ? this.#token.generation : 0);
    return this.#holds;
  }

  /** Rests until there may be a token, or the parent has gone. */
  async park(): Promise<void> {
    await this.#parked.waitAway();
  }

  /** A client was accepted. */
  begin(): void {
    // While all listen, it matters only what kind of clients there are, which some of them tell.
    if (this.#isOpen && (++this.#seen & SAMPLE_MASK) !== 0) return;
    this.#isHot = true;
    this.#began = performance.now();
    Atomics.add(this.#words, WORD.accepted, 1);
    if (this.#noticesTurn) return;
    // A client that is served without a wait of any kind never gives the event loop a turn.
    this.#noticesTurn = true;
    void runtime.yieldToEvents().then(() => {
      this.#noticesTurn = false;
      this.waits();
    });
  }

  /** It was served. */
  end(): void {
    this.#isHot = false;
  }

  /** The client makes this child wait: another one may listen meanwhile. */
  waits(): void {
    if (!this.#isHot) return;
    this.#isHot = false;
    Atomics.add(this.#words, WORD.cold, 1);
    if (!this.#isOpen) this.#release();
  }

  /** A short wait for the client comes, which holds the thread. */
  beforeLook(): void {
    if (!this.#isHot) return;
    if (this.#inVain >= MOST_IN_VAIN || performance.now() - this.#began > LONGEST_TURN_MS) this.waits();
  }

  /** It was rewarded. */
  found(): void {
    this.#inVain = 0;
  }

  /** It was in vain. */
  missed(): void {
    this.#inVain++;
  }

  #release(): void {
    if (!this.#holds) return;
    this.#holds = false;
    this.#slot.setToken(0);
    this.onRelease();
    this.#token.giveBack();
  }

  /** Neither listens nor rests any more, and lets another child have the token that this one has, or was woken for. */
  leave(): void {
    this.#parked.remove(this.#token.fd);
    if (!this.#isOpen && !this.#holds) this.#holds = this.#token.take();
    this.#release();
  }
}
