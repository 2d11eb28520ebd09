/**
 * The table of children: the only owner of their process ids.
 *
 * @module
 */

import type { ChildKind } from "../hooks.ts";
import { type Ending, reap } from "../os/process.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";
import type { Generation } from "./old_children.ts";

/** One child. */
export interface Child {
  readonly pid: number;
  readonly kind: ChildKind;
  /** Its slot in the scoreboard. */
  readonly slot: Slot;
  readonly slotIndex: number;
  /** What it shares with its siblings, if it is from before a restart. */
  readonly generation?: Generation | undefined;
  /** The child whose place it takes, while that is alive. */
  after?: number | undefined;
  /** The child that will take its place. */
  successor?: number | undefined;
  /** Told to leave. */
  dismissed?: boolean;
  /** The signal that it was told to leave by. */
  told?: "HUP" | "TERM" | "KILL" | undefined;
  /** Until when it has time to leave, by `performance.now`; undefined: for as long as it likes. */
  until?: number | undefined;
}

/** All children by process id. */
export class Children {
  readonly #byPid = new Map<number, Child>();

  /** How many there are, of every kind. */
  get size(): number {
    return this.#byPid.size;
  }

  /** Their process ids. */
  get pids(): readonly number[] {
    return [...this.#byPid.keys()];
  }

  [Symbol.iterator](): Iterator<Child> {
    return this.#byPid.values();
  }

  /** The child with this process id. */
  get(pid: number): Child | undefined {
    return this.#byPid.get(pid);
  }

  /** Adds a child that was started. */
  add(child: Child): void {
    this.#byPid.set(child.pid, child);
    const predecessor = child.after === undefined ? undefined : this.#byPid.get(child.after);
    if (predecessor !== undefined) predecessor.successor = child.pid;
  }

  /** Removes a child that has ended; its successor takes its place. */
  remove(pid: number): Child | undefined {
    const child = this.#byPid.get(pid);
    if (child === undefined) return undefined;
    this.#byPid.delete(pid);
    if (child.successor !== undefined) {
      const successor = this.#byPid.get(child.successor);
      if (successor !== undefined) successor.after = undefined;
    }
    if (child.after !== undefined) {
      const predecessor = this.#byPid.get(child.after);
      if (predecessor !== undefined) predecessor.successor = undefined;
    }
    return child;
  }

  /** The children that have ended since the last call. They stay in the table until they are removed. */
  takeEndings(): Ending[] {
    // Each by its own id: a wait for any process would take the endings of those that the program itself starts.
    const endings: Ending[] = [];
    for (const pid of this.#byPid.keys()) {
      const ending = reap(pid);
      if (ending !== undefined) endings.push(ending);
    }
    return endings;
  }
}
