/**
 * Turns by a token in a pipe. The token carries a generation: when a child dies that may have held it, the parent
 * makes the next generation and puts in a new token, and one of an older generation that turns up later is dropped.
 * So the turn is never lost, and never doubled for longer than one client.
 *
 * @module
 */

import type { TokenHandoff } from "../handoff.ts";
import { libc } from "../os/calls.ts";
import { closeFd, createPipe, type Pipe } from "../os/descriptor.ts";
import { createSharedMemory, mapSharedMemory } from "../os/shared_memory.ts";
import { createWaitSet, type WaitSet } from "../os/epoll.ts";
import { AdaptiveSpin, IDLE_WAIT_MS } from "../os/wait.ts";
import type { Serializer } from "./turns.ts";

const GENERATION_BYTES = 4096;

/** The parent's side: the pipe, and the generation that counts. */
export class TokenPipe {
  /** What children need. */
  readonly handoff: TokenHandoff;
  readonly #generation: Int32Array;
  readonly #void = new Uint8Array(1024);

  /** @param inherited One from before a restart, whose token stays where it is. */
  constructor(inherited?: TokenHandoff) {
    if (inherited !== undefined) {
      this.handoff = inherited;
      this.#generation = new Int32Array(mapSharedMemory(inherited.generationFd, GENERATION_BYTES), 0, 1);
      return;
    }
    const { fd, bytes } = createSharedMemory("token", GENERATION_BYTES);
    this.handoff = { pipe: createPipe(), generationFd: fd };
    this.#generation = new Int32Array(bytes, 0, 1);
    this.renew();
  }

  /** Puts in a new token and makes every older one void. */
  renew(): void {
    // The generation before the token: a child that reads the token must find it valid.
    const generation = Atomics.add(this.#generation, 0, 1) + 1;
    // All that is in the pipe is void now. Children that die before they read any of it must not fill it up.
    const { read, write } = this.handoff.pipe;
    while (libc.read(read, this.#void, this.#void.length) > 0);
    libc.write(write, new Uint8Array(Int32Array.of(generation).buffer), 4);
  }

  /** Closes the descriptors. */
  close(): void {
    closeFd(this.handoff.pipe.read);
    closeFd(this.handoff.pipe.write);
    closeFd(this.handoff.generationFd);
  }
}

/** The child's side. */
export class PipeSerializer implements Serializer {
  readonly #pipe: Pipe;
  readonly #generation: Int32Array;
  readonly #token = new Int32Array(1);
  readonly #tokenBytes = new Uint8Array(this.#token.buffer);
  readonly #wait: WaitSet = createWaitSet();
  readonly #spin = new AdaptiveSpin(IDLE_WAIT_MS);

  constructor(handoff: TokenHandoff, deathPipeFd: number) {
    this.#pipe = handoff.pipe;
    this.#generation = new Int32Array(mapSharedMemory(handoff.generationFd, GENERATION_BYTES), 0, 1);
    this.#wait.addShared(handoff.pipe.read);
    this.#wait.add(deathPipeFd);
  }

  get #isValid(): boolean {
    return this.#token[0] === Atomics.load(this.#generation, 0);
  }

  #take(): boolean {
    while (libc.read(this.#pipe.read, this.#tokenBytes, 4) === 4) {
      if (this.#isValid) return true;
    }
    return false;
  }

  takeHere(): boolean {
    if (this.#take()) return true;
    if (this.#wait.waitHere(this.#spin.ms) > 0) return this.#take();
    this.#spin.missed();
    return false;
  }

  async takeAway(): Promise<boolean> {
    await this.#spin.learn(this.#wait.waitAway());
    return this.#take();
  }

  release(): void {
    // One that a death has made void meanwhile would wake a child for nothing.
    if (this.#isValid) libc.write(this.#pipe.write, this.#tokenBytes, 4);
  }

  leave(): void {
    this.#wait.remove(this.#pipe.read);
    if (this.#take()) this.release();
  }
}
