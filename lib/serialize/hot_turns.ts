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
import { HotLeave } from "./hot_leave.ts";
import { WORD } from "./token_words.ts";

/** How long a client may have the token of its child while it keeps that at work, in milliseconds. */
const LONGEST_TURN_MS = 5;
/** After so many short waits in vain, one after another, the next client is expected to make its child wait. */
const MOST_IN_VAIN = 3;

/** The child's side. */
export class HotTurns extends HotLeave {
  readonly #parked: WaitSet = createWaitSet();
  #began = 0;
  #inVain = 0;
  /** Whether the event loop's next turn will be noticed. */
  #noticesTurn = false;

  /** @param slot Where it says which token it has. */
  constructor(handoff: TokenHandoff, deathPipeFd: number, slot: Pick<Slot, "setToken">) {
    super(handoff, slot);
    this.#parked.addShared(this.fd);
    this.#parked.add(deathPipeFd);
  }

  /** Whether the turn is enough to listen, and its lock is left alone. */
  readonly isLockless = (): boolean => this.words[WORD.lockless] === 1;

  /** Rests until there may be a token, or the parent has gone. */
  async park(): Promise<void> {
    await this.#parked.waitAway();
  }

  /** A client was accepted. */
  begin(): void {
    if (!this.count()) return;
    this.#began = performance.now();
    if (this.#noticesTurn) return;
    // A client that is served without a wait of any kind never gives the event loop a turn.
    this.#noticesTurn = true;
    void runtime.yieldToEvents().then(() => {
      this.#noticesTurn = false;
      this.waits();
    });
  }

  /** The client makes this child wait: another one may listen meanwhile. */
  waits(): void {
    if (this.countCold() && !this.isOpen) this.giveBack();
  }

  /** A short wait for the client comes, which holds the thread. */
  beforeLook(): void {
    if (!this.isHot) return;
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

  /** Neither listens nor rests any more, and lets another child have the token that this one has, or was woken for. */
  override leave(): void {
    this.#parked.remove(this.fd);
    super.leave();
  }
}
