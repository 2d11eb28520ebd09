/**
 * Who listens, as the parent rules it: about twice as many children as there are processors, which serve one client after
 * another and stay warm. Each has a token. The others rest until one of these has to wait for its client, and puts its token
 * back.
 *
 * Who holds a token says so in its slot of the scoreboard: it is replaced when that child dies.
 *
 * Where those who listen take turns, the parent also sees to the turn: whoever has it may be stopped.
 *
 * @module
 */

import type { HotHandoff } from "../handoff.ts";
import { Waker } from "../os/descriptor.ts";
import { TokenPipe } from "./token_pipe.ts";
import { WORD } from "./token_words.ts";

/** What was counted. */
export interface HotCounts {
  readonly accepted: number;
  readonly cold: number;
}

/** The parent's side. */
export class HotTokens extends TokenPipe {
  /** Wakes all who listen, so that those whose token is void do so no more. */
  readonly #bell: Waker;
  readonly #turn: TokenPipe | undefined;

  /**
   * @param options `inherited`: what there was before a restart; `turn`: by what those who listen take turns, if that may be
   * taken from who has it.
   */
  constructor(
    count: number,
    { inherited, turn }: {
      readonly inherited?: HotHandoff | undefined;
      readonly turn?: TokenPipe | undefined;
    } = {},
  ) {
    super(count, inherited?.token);
    this.#bell = new Waker(inherited?.bell);
    this.#turn = turn;
  }

  /** What children need. */
  get handoff(): HotHandoff {
    return { token: this.token, bell: this.#bell.ends };
  }

  /** Whether all children listen. */
  get isOpen(): boolean {
    return Atomics.load(this.words, WORD.open) === 1;
  }

  get counts(): HotCounts {
    return { accepted: this.words[WORD.accepted] as number, cold: this.words[WORD.cold] as number };
  }

  /** As many children as usual listen. */
  settle(): void {
    this.renew();
    this.#bell.wake();
  }

  /** Lets all children listen, of which there are `children`: all that rest are woken. */
  open(children: number): void {
    Atomics.store(this.words, WORD.open, 1);
    this.grow(children);
  }

  /** Has a few children listen again. */
  narrow(): void {
    Atomics.store(this.words, WORD.open, 0);
    this.settle();
  }

  /** Takes the turn from who has it, and takes no client. */
  renewTurn(): void {
    this.#turn?.renew();
  }

  /** Has the turn without a lock from now on: the lock's holder takes no client either, and cannot be made to let go. */
  suspendLock(): void {
    if (this.#turn !== undefined) Atomics.store(this.words, WORD.lockless, 1);
  }

  /** Has a lock come with the turn again. */
  resumeLock(): void {
    Atomics.store(this.words, WORD.lockless, 0);
  }

  /** A child has ended that had a token of this generation, or none (0). */
  afterDeath(token: number): void {
    if (token !== 0 && !this.isOpen && token === this.generation) this.grow(1);
  }

  override close(): void {
    super.close();
    this.#bell.close();
  }
}
