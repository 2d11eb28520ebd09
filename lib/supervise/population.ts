/**
 * How many children there are, as the personality wants it: the strategy that the parent asks at each turn of its loop.
 *
 * @module
 */

import type { Slot } from "../scoreboard/scoreboard.ts";
import type { WaitingCount } from "../scoreboard/waiting_count.ts";
import { type Counted, plan, planBeside } from "./populate.ts";

/** What counts of a child, and its slot; a child of the server before its restart has none. */
export interface Member extends Counted {
  readonly slot?: Slot | undefined;
}

/** What is to be done. */
export interface Measures {
  /** How many children to start now. */
  readonly start: number;
  /** The children that a successor is to be started for. */
  readonly successorsFor: readonly number[];
  /** The children that are to leave. */
  readonly dismiss: readonly number[];
}

/** What comes of TTIN and TTOU: the line for the log, or why the number stays as it is. */
export type Scaled = { readonly line: string } | { readonly refused: string };

/** The lowest `max_servers`, however it is set: without children, clients would wait in vain. */
export const LEAST_SERVERS = 1;

/** Why TTOU cannot be done. */
export const AT_LEAST: Scaled = {
  refused: `Cannot take a child away: max_servers is ${LEAST_SERVERS}, the least that it can be`,
};

/** A personality's strategy. */
export interface Population {
  /** How many children a server begins with. */
  readonly initial: number;
  /** How many there may be at most. */
  readonly most: number;
  /** How many there may be, in words for people. */
  readonly words: string;
  /** Whether children count how many of them wait. */
  readonly countsWaiting: boolean;
  /** What is to be done about the children that there are. */
  measures(children: readonly Member[]): Measures;
  /** TTIN or TTOU: one more, one fewer. */
  scale(change: 1 | -1): Scaled;
  /** A child has ended. */
  ended?(slot: Slot): void;
  /** When to look again without being woken, on the clock of `performance.now`; undefined: not before. */
  nextLook?(now: number): number | undefined;
}

/** The working children that may be told to leave, those first that are missed least. */
function dispensable(children: readonly Member[]): readonly Member[] {
  const working = children.filter(({ kind, dismissed, after }) =>
    kind === "server" && !dismissed && after === undefined
  );
  const waits = ({ slot }: Member) => slot?.state === "waiting" ? 0 : 1;
  return working.reverse().toSorted((a, b) => waits(a) - waits(b));
}

/** PreForkSimple: `max_servers` children, always. */
export class FixedPopulation implements Population {
  readonly countsWaiting = false;
  readonly #idle: WaitingCount | undefined;
  #maxServers: number;
  /** How many were asked to leave by TTOU and have not been told yet. */
  #tooMany = 0;

  /** @param idle Where children that serve several clients at once count those that have none. */
  constructor(maxServers: number, idle?: WaitingCount) {
    this.#maxServers = maxServers;
    this.#idle = idle;
  }

  ended(slot: Slot): void {
    if (slot.state === "waiting") this.#idle?.correct(-1);
  }

  get initial(): number {
    return this.#maxServers;
  }

  get most(): number {
    return this.#maxServers;
  }

  get words(): string {
    return `${this.#maxServers} child${this.#maxServers === 1 ? "" : "ren"}`;
  }

  measures(children: readonly Member[]): Measures {
    const dismiss = dispensable(children).slice(0, this.#tooMany).map(({ pid }) => pid);
    this.#tooMany = 0;
    const staying = children.map((child) =>
      dismiss.includes(child.pid) ? { ...child, dismissed: true } : child
    );
    const planned = this.#idle === undefined ? plan : planBeside;
    return { ...planned(staying, this.#maxServers), dismiss };
  }

  scale(change: 1 | -1): Scaled {
    if (change < 0 && this.#maxServers <= LEAST_SERVERS) return AT_LEAST;
    this.#maxServers += change;
    if (change < 0) this.#tooMany++;
    return { line: `${change > 0 ? "Increasing" : "Decreasing"} max server count (${this.#maxServers})` };
  }
}
