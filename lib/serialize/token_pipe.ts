/**
 * Tokens in a pipe, as the parent has them: who reads one may do what it stands for, and writes it back.
 *
 * The parent alone makes tokens. Each carries a generation. When the parent makes all of them anew, the older ones are void,
 * and one that turns up later is dropped: so their number is right again, whatever has become of those who had them.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import { libc } from "../os/calls.ts";
import { closeFd, createPipe } from "../os/descriptor.ts";
import { createSharedMemory, mapSharedMemory } from "../os/shared_memory.ts";
import { WORD, WORDS_BYTES } from "./token_words.ts";

/** The parent's side. */
export class TokenPipe {
  /** What children need. */
  readonly token: TokenHandoff;
  /** How many tokens there are usually. */
  readonly count: number;
  /** What is shared with children. */
  protected readonly words: Int32Array;
  readonly #token = new Int32Array(1);
  readonly #tokenBytes = new Uint8Array(this.#token.buffer);
  readonly #void = new Uint8Array(65_536);

  /** @param inherited One from before a restart, whose tokens stay where they are. */
  constructor(count: number, inherited?: TokenHandoff) {
    this.count = count;
    if (inherited !== undefined) {
      this.token = inherited;
      this.words = new Int32Array(mapSharedMemory(inherited.generationFd, WORDS_BYTES));
      return;
    }
    const { fd, bytes } = createSharedMemory("token", WORDS_BYTES);
    this.token = { pipe: createPipe(), generationFd: fd };
    this.words = new Int32Array(bytes);
    this.renew();
  }

  /** The generation that counts. */
  get generation(): number {
    return Atomics.load(this.words, WORD.generation);
  }

  /** Makes as many tokens as there are to be, and every older one void. */
  renew(): void {
    // The generation before the tokens: a child that reads one must find it valid.
    Atomics.add(this.words, WORD.generation, 1);
    // All that is in the pipe is void now. Children that die before they read any of it must not fill it up.
    while (libc.read(this.token.pipe.read, this.#void, this.#void.length) > 0);
    this.grow(this.count);
  }

  /** Makes `more` tokens beside those that there are. */
  grow(more: number): void {
    this.#token[0] = this.generation;
    // Each by itself: for each write the kernel wakes one of those that wait.
    for (let i = 0; i < more; i++) libc.write(this.token.pipe.write, this.#tokenBytes, 4);
  }

  /** Closes the descriptors. */
  close(): void {
    closeFd(this.token.pipe.read);
    closeFd(this.token.pipe.write);
    closeFd(this.token.generationFd);
  }
}
