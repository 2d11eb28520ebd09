/**
 * What the clients of one child wait for, in one set.
 *
 * @module
 */

import type { Epoll } from "../os/epoll.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, type WaitFor } from "../os/wait.ts";

/** Who waits for a descriptor. */
interface Waiting {
  read?: ((ready: boolean) => void) | undefined;
  write?: ((ready: boolean) => void) | undefined;
}

/** The waits of all clients. */
export class ClientWaits {
  readonly #set: Epoll;
  readonly #byFd = new Map<number, Waiting>();

  constructor(set: Epoll) {
    this.#set = set;
  }

  /** Waits for a descriptor beside all others. */
  readonly waitFor: WaitFor = (fd, events, timeoutMs) => {
    const waiting: Waiting = this.#byFd.get(fd) ?? {};
    const side = events === POLLOUT ? "write" : "read";
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const before = waiting[side];
    // Reads that overlap all look again.
    waiting[side] = before === undefined ? resolve : (ready) => {
      before(ready);
      resolve(ready);
    };
    this.#byFd.set(fd, waiting);
    this.#arm(fd, waiting);
    return timeoutMs < 0 ? promise : this.#limit(promise, { fd, side, resolve, timeoutMs });
  };

  #arm(fd: number, { read, write }: Waiting): void {
    this.#set.arm(fd, (read === undefined ? 0 : POLLIN) | (write === undefined ? 0 : POLLOUT));
  }

  async #limit(
    promise: Promise<boolean>,
    wait: { fd: number; side: keyof Waiting; resolve: (ready: boolean) => void; timeoutMs: number },
  ): Promise<boolean> {
    const { fd, side, resolve, timeoutMs } = wait;
    // deno-lint-ignore tine/no-timers -- the limit is each client's own
    const timer = setTimeout(() => {
      const waiting = this.#byFd.get(fd);
      if (waiting?.[side] === resolve) waiting[side] = undefined;
      resolve(false);
    }, timeoutMs);
    const ready = await promise;
    clearTimeout(timer);
    return ready;
  }

  /** Ends the waits on a descriptor that has `events`. */
  wake(fd: number, events: number): void {
    const waiting = this.#byFd.get(fd);
    if (waiting === undefined) return;
    const { read, write } = waiting;
    const ended = (events & (POLLERR | POLLHUP)) !== 0;
    if (read !== undefined && (ended || (events & POLLIN) !== 0)) {
      waiting.read = undefined;
      read(true);
    }
    if (write !== undefined && (ended || (events & POLLOUT) !== 0)) {
      waiting.write = undefined;
      write(true);
    }
    if (waiting.read === undefined && waiting.write === undefined) this.#byFd.delete(fd);
    else this.#arm(fd, waiting);
  }
}
