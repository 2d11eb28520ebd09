/**
 * One client's callbacks, one after the other.
 *
 * @module
 */

import type { Awaitable } from "../hooks.ts";
import { describeThrown } from "../process/failure.ts";

/** What is told of callbacks. */
export interface CallbackListener {
  /** One has ended. */
  onEnd(): void;
  /** One that had to wait for something has ended too, and what comes next can be done. */
  onLateEnd(): void;
  /** One threw; its end is told next. */
  onThrow(text: string): void;
}

/** Calls callbacks, of which one at most is under way. */
export class Callbacks {
  /** Whether one is under way. */
  isBusy = false;
  readonly #listener: CallbackListener;

  constructor(listener: CallbackListener) {
    this.#listener = listener;
  }

  /** Calls one. None may be under way. */
  call(name: string, callback: () => Awaitable<void>): void {
    this.isBusy = true;
    try {
      const result = callback();
      if (result instanceof Promise) {
        result.then(() => this.#endLate(), (error) => {
          this.#throw(name, error);
          this.#endLate();
        });
        return;
      }
    } catch (error) {
      this.#throw(name, error);
    }
    this.#end();
  }

  #throw(name: string, error: unknown): void {
    this.#listener.onThrow(`${name} threw ${describeThrown(error)}`);
  }

  #end(): void {
    this.isBusy = false;
    this.#listener.onEnd();
  }

  #endLate(): void {
    this.#end();
    this.#listener.onLateEnd();
  }
}
