/**
 * How many children wait for a client, counted in the scoreboard's first slot, which no child has. The parent asks to be
 * woken when the number falls below a mark; until then no system call is made.
 *
 * @module
 */

import { mapSharedMemory } from "../os/shared_memory.ts";
import { HEAD, SLOT_SIZE } from "./layout.ts";

/** The count. The same words in the parent and in every child. */
export class WaitingCount {
  readonly #words: Int32Array;

  constructor(memory: ArrayBuffer) {
    this.#words = new Int32Array(memory, 0, SLOT_SIZE / 4);
  }

  /** Maps the count of a parent's scoreboard. */
  static attach(scoreboardFd: number): WaitingCount {
    return new WaitingCount(mapSharedMemory(scoreboardFd, SLOT_SIZE));
  }

  /** How many wait. */
  get value(): number {
    return Atomics.load(this.#words, HEAD.waiting);
  }

  /** A child begins to wait. Before it says so in its own slot: a child that dies is counted by what stands there. */
  enter(): void {
    Atomics.add(this.#words, HEAD.waiting, 1);
  }

  /** A child waits no more, which its slot says already. Returns whether the parent is to be woken. */
  leave(): boolean {
    const left = Atomics.sub(this.#words, HEAD.waiting, 1) - 1;
    // A read first: only at the mark do the children write to the same word.
    return left < (this.#words[HEAD.mark] as number) && Atomics.exchange(this.#words, HEAD.mark, 0) > 0;
  }

  /** The next child that leaves fewer than `mark` waiting wakes the parent, once. 0: none does. */
  watch(mark: number): void {
    Atomics.store(this.#words, HEAD.mark, mark);
  }

  /** Corrects the count by those that ended without a word. */
  correct(by: number): void {
    Atomics.add(this.#words, HEAD.waiting, by);
  }
}
