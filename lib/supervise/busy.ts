/**
 * Whether all children have been busy for a while, so that clients wait: nothing else would say so. Pure: what is seen
 * and the time are passed in. {@linkcode busyLine} looks at the children of a parent for it.
 *
 * @module
 */

import { queuedClientsOf } from "../os/listening_socket.ts";
import type { Parent } from "./parent.ts";

/** How often is looked, and for how long it must have been so before it is said. */
const LOOK_MS = 5000;
/** How often it is said while it lasts. */
const SAY_MS = 60_000;

/** What is seen at a look. */
export interface BusySight {
  /** The time in milliseconds. */
  readonly now: number;
  /** How many children there may be. */
  readonly most: number;
  /** What the children do that are there to serve; those that are about to leave apart. */
  readonly states: readonly string[];
  /** Since when the one of them that changed last has done the same, on the clock of `now`. */
  readonly unchangedSince: number;
  /** Connections in the listen backlog; undefined where the system does not say. */
  readonly queued: number | undefined;
}

/** Watches from look to look. */
export class BusyWatch {
  #nextLook: number;
  #since: number | undefined;
  #saidAt = -Infinity;

  constructor(now: number) {
    this.#nextLook = now + LOOK_MS;
  }

  /** When to look the next time. */
  get nextLook(): number {
    return this.#nextLook;
  }

  /** Looks. Returns the line for the log, if one is due. */
  look(sight: BusySight): string | undefined {
    const { now, most, queued } = sight;
    this.#nextLook = now + LOOK_MS;
    if (!isBusy(sight)) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= now;
    if (now - this.#since < LOOK_MS || now - this.#saidAt < SAY_MS) return undefined;
    this.#saidAt = now;
    const all = most === 1 ? "The only child has" : `All ${most} children have`;
    const waiting = queued === undefined
      ? ""
      : queued === 1
      ? ", and 1 client waits"
      : `, and ${queued} clients wait`;
    return `${all} been busy for ${
      Math.round((now - this.#since) / 1000)
    } s${waiting}: raise max_servers, or see what ` +
      "they are busy with";
  }
}

function isBusy({ now, most, states, unchangedSince, queued }: BusySight): boolean {
  if (states.length < most || !states.every((state) => state === "serving")) return false;
  // Where the system does not count waiting clients, only children that are with one client all along count.
  return queued === undefined ? now - unchangedSince >= LOOK_MS : queued > 0;
}

/** What is to be said now of a parent's children; undefined if nothing is. */
export function busyLine(parent: Parent, watch: BusyWatch, now: number): string | undefined {
  if (now < watch.nextLook) return undefined;
  const working = parent.own.filter(({ kind, dismissed, after }) =>
    kind === "server" && dismissed !== true && after === undefined
  );
  const lastChange = Math.max(...working.map(({ slot }) => slot.changed));
  return watch.look({
    now,
    most: parent.population.most,
    states: working.map(({ slot }) => slot.state),
    unchangedSince: now - (Date.now() - lastChange),
    queued: queuedClientsOf(parent.parts.listeners),
  });
}
