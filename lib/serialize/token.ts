/**
 * A token of the parent's pipe, as a child has it.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import { libc } from "../os/calls.ts";
import type { Pipe } from "../os/descriptor.ts";
import { mapSharedMemory } from "../os/shared_memory.ts";
import { WORD, WORDS_BYTES } from "./token_words.ts";

/** The child's side of a pipe of tokens: the one that it took last. */
export class Token {
  /** Readable while there are tokens. */
  readonly fd: number;
  /** What is shared with the parent. */
  readonly words: Int32Array;
  readonly #pipe: Pipe;
  readonly #token = new Int32Array(1);
  readonly #bytes = new Uint8Array(this.#token.buffer);

  constructor({ pipe, generationFd }: TokenHandoff) {
    this.#pipe = pipe;
    this.fd = pipe.read;
    this.words = new Int32Array(mapSharedMemory(generationFd, WORDS_BYTES));
  }

  /** The generation of the token. */
  get generation(): number {
    return this.#token[0] as number;
  }

  /** Whether the token counts, wherever it is. */
  get isValid(): boolean {
    return this.#token[0] === Atomics.load(this.words, WORD.generation);
  }

  /** Takes a token that counts out of the pipe, if there is one. */
  take(): boolean {
    while (libc.read(this.#pipe.read, this.#bytes, 4) === 4) if (this.isValid) return true;
    return false;
  }

  /** Has a token that counts without the pipe, of which nobody will know. */
  invent(): void {
    this.#token[0] = Atomics.load(this.words, WORD.generation);
  }

  /** Puts the token back. One that is void would wake a child for nothing. */
  giveBack(): void {
    if (this.isValid) libc.write(this.#pipe.write, this.#bytes, 4);
  }
}
