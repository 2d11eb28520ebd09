/**
 * Who listens, as the parent rules it: about twice as many children as there are processors, which serve one client after
 * another and stay warm. Each has a token, out of a pipe. The others rest until one of these has to wait for its client, and
 * puts its token back.
 *
 * The parent alone makes tokens. When it makes all of them anew, the older ones are void: so their number is right again
 * whatever has become of those. Who holds one says so in its slot of the scoreboard: it is replaced when that child dies.
 *
 * @module
 */

import type { SerializerHandoff } from "../handoff.ts";
import { libc } from "../os/calls.ts";
import { closeFd, createPipe, Waker } from "../os/descriptor.ts";
import { createSharedMemory, mapSharedMemory } from "../os/shared_memory.ts";
import { HOT, HOT_BYTES } from "./hot_words.ts";

/** What was counted. */
export interface HotCounts {
  readonly accepted: number;
  readonly cold: number;
}

/** What children need. */
export type HotHandoff = Extract<SerializerHandoff, { readonly kind: "hot" }>;

/** The parent's side. */
export class HotTokens {
  /** What children need. */
  readonly handoff: HotHandoff;
  /** How many tokens there are usually. */
  readonly count: number;
  /** Wakes all who listen, so that those whose token is void do so no more. */
  readonly #bell: Waker;
  readonly #words: Int32Array;
  readonly #token = new Int32Array(1);
  readonly #tokenBytes = new Uint8Array(this.#token.buffer);
  readonly #void = new Uint8Array(65_536);

  /** @param inherited What there was before a restart, whose tokens stay where they are. */
  constructor(count: number, inherited?: HotHandoff) {
    this.count = count;
    this.#bell = new Waker(inherited?.bell);
    if (inherited !== undefined) {
      this.handoff = inherited;
      this.#words = new Int32Array(mapSharedMemory(inherited.token.generationFd, HOT_BYTES));
      return;
    }
    const { fd, bytes } = createSharedMemory("token", HOT_BYTES);
    const token = { pipe: createPipe(), generationFd: fd };
    this.handoff = { kind: "hot", token, bell: this.#bell.ends };
    this.#words = new Int32Array(bytes);
    this.renew();
  }

  /** Whether all children listen. */
  get isOpen(): boolean {
    return Atomics.load(this.#words, HOT.open) === 1;
  }

  get counts(): HotCounts {
    return { accepted: this.#words[HOT.accepted] as number, cold: this.#words[HOT.cold] as number };
  }

  /** Makes as many tokens as there are to be, and every older one void. */
  renew(): void {
    // The generation before the tokens: a child that reads one must find it valid.
    Atomics.add(this.#words, HOT.generation, 1);
    const { read } = this.handoff.token.pipe;
    while (libc.read(read, this.#void, this.#void.length) > 0);
    this.grow(this.count);
    this.#bell.wake();
  }

  /** Makes `more` tokens beside those that there are. */
  grow(more: number): void {
    this.#token[0] = Atomics.load(this.#words, HOT.generation);
    // Each by itself: for each write the kernel wakes one of those that wait.
    for (let i = 0; i < more; i++) libc.write(this.handoff.token.pipe.write, this.#tokenBytes, 4);
  }

  /** Lets all children listen, of which there are `children`: all that rest are woken. */
  open(children: number): void {
    Atomics.store(this.#words, HOT.open, 1);
    this.grow(children);
  }

  /** Has a few children listen again. */
  narrow(): void {
    Atomics.store(this.#words, HOT.open, 0);
    this.renew();
  }

  /** A child has ended that had a token of this generation, or none (0). */
  afterDeath(token: number): void {
    if (token !== 0 && !this.isOpen && token === Atomics.load(this.#words, HOT.generation)) this.grow(1);
  }

  /** Closes the descriptors. */
  close(): void {
    const { token: { pipe, generationFd }, bell } = this.handoff;
    for (const fd of new Set([pipe.read, pipe.write, generationFd, bell.read, bell.write])) closeFd(fd);
  }
}
