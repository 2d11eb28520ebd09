/**
 * What the parent waits for: signals, and children that want something. Signal listeners only queue.
 *
 * @module
 */

import { Waker } from "../os/descriptor.ts";
import { unblockSignals } from "../os/process.ts";
import { pollAway, POLLIN } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { type ParentAction, SIGNALS, signalsOf } from "../signals.ts";
import { Repeats } from "./actions.ts";

/** What is looked at while nothing comes. */
export interface SideWatch {
  /** What to wait for. */
  readonly fds: readonly number[];
  /** When to look, by `performance.now()`. */
  readonly until: number;
  /** One of the descriptors is readable. */
  queued(now: number): void;
  /** Looks, if it is time. */
  tick(now: number): void;
}

/** The parent's queue. One waker serves signals and children alike. */
export class Inbox {
  readonly waker = new Waker();
  /** Called whenever something is put in, for who does not wait here: it only wakes. */
  onPush: () => void = () => {};
  #actions: ParentAction[] = [];
  #passed: string[] = [];
  #failure: { readonly error: unknown } | undefined;
  readonly #also = new Set<number>();
  #others: () => readonly number[] = () => [];
  #side: SideWatch | undefined;
  readonly #repeats = new Repeats();
  readonly #now: () => number;

  /** @param now The clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Listens to signals, and unblocks those that came since the process was started.
   *
   * @param options `except`: what is left to others.
   */
  listen(passThrough: readonly string[], options: { readonly except?: readonly ParentAction[] } = {}): void {
    for (const { name, parent } of SIGNALS) {
      if (parent !== undefined && options.except?.includes(parent) !== true) {
        runtime.onSignal(name, () => this.push(parent));
      }
    }
    for (const name of passThrough) runtime.onSignal(name, () => this.#pass(name));
    unblockSignals(signalsOf("parent"));
  }

  /** Wakes up for this descriptor too, for as long as it is readable. */
  watch(fd: number): void {
    this.#also.add(fd);
  }

  /** Does not any more. */
  unwatch(fd: number): void {
    this.#also.delete(fd);
  }

  /** Wakes up for these descriptors too: asked for before each wait. */
  watchAll(descriptors: () => readonly number[]): void {
    this.#others = descriptors;
  }

  /** Queues something to do. */
  push(action: ParentAction): void {
    if (this.#repeats.isSame(action, this.#now())) return;
    this.#actions.push(action);
    this.waker.wake();
    this.onPush();
  }

  #pass(name: string): void {
    this.#passed.push(name);
    this.waker.wake();
  }

  /** Whether nothing is in the queue. */
  get empty(): boolean {
    return this.#actions.length === 0 && this.#passed.length === 0 && this.#failure === undefined;
  }

  /** How many of `actions` are in the queue. */
  count(...actions: readonly ParentAction[]): number {
    return this.#actions.filter((action) => actions.includes(action)).length;
  }

  /** Something failed: the next `take` throws it. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.waker.wake();
    this.onPush();
  }

  /** What came since the last call, each action once: two HUPs in the queue are one restart. @throws what went wrong meanwhile */
  take(): { actions: ParentAction[]; passed: string[] } {
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      throw error;
    }
    const taken = { actions: this.#actions, passed: this.#passed };
    this.#actions = [];
    this.#passed = [];
    // More and fewer are counted, all others are states.
    taken.actions = taken.actions.filter((action, i, all) =>
      action === "more" || action === "fewer" || all.indexOf(action) === i
    );
    return taken;
  }

  /** Waits until something came, at most `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    const end = performance.now() + Math.max(0, timeoutMs);
    let isOver = !this.empty;
    while (!isOver) isOver = await this.#waitOnce(end);
    this.waker.take();
  }

  /** Whether something came, or the time is over: what the side watch sees is no reason to return. */
  async #waitOnce(end: number): Promise<boolean> {
    const side = this.#side;
    const fds = [this.waker.fd, ...this.#also, ...this.#others()];
    const all = side === undefined ? fds : [...fds, ...side.fds];
    const until = Math.min(end, side?.until ?? Infinity);
    const ready = await pollAway(
      all.map((fd) => ({ fd, events: POLLIN })),
      Math.max(0, until - performance.now()),
    );
    if (side !== undefined) {
      const now = performance.now();
      if (ready.includes(true, fds.length)) side.queued(now);
      side.tick(now);
      if (!ready.slice(0, fds.length).includes(true) && this.empty) return now >= end;
    }
    return true;
  }

  /** Looks at something beside all else, without a turn of who waits here. */
  watchAside(side: SideWatch): void {
    this.#side = side;
  }
}
