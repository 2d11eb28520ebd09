/**
 * How many children are missing or too many, and who needs a successor. Pure.
 *
 * @module
 */

/** What counts of a child. */
export interface Counted {
  readonly pid: number;
  readonly kind: "server" | "dequeue";
  /** Waits for another's end. */
  readonly after?: number | undefined;
  readonly successor?: number | undefined;
  readonly retiring: boolean;
  readonly dismissed: boolean;
}

/** What is to be done. */
export interface Plan {
  /** How many children to start now. */
  readonly start: number;
  /** The children that a successor is to be started for. */
  readonly successorsFor: readonly number[];
}

/**
 * What brings the number of children to `maxServers`.
 *
 * A child that serves one client at a time has its place until it ends, and a successor waits for that.
 */
export function plan(children: Iterable<Counted>, maxServers: number): Plan {
  let present = 0;
  const successorsFor: number[] = [];
  for (const child of children) {
    if (child.kind === "dequeue" || child.dismissed) continue;
    if (child.after !== undefined) continue; // it does not work yet: its predecessor is counted
    present++;
    if (child.retiring && child.successor === undefined) successorsFor.push(child.pid);
  }
  // When there are too many, those that leave need no successor.
  const tooMany = Math.max(0, present - maxServers);
  return { start: Math.max(0, maxServers - present), successorsFor: successorsFor.slice(tooMany) };
}

/**
 * The same for children that serve several clients at once. The last clients of one that is to leave may stay for hours:
 * another serves beside it. There are at most as many of these as of the others.
 */
export function planBeside(children: Iterable<Counted>, maxServers: number): Plan {
  let present = 0;
  let leaving = 0;
  for (const { kind, dismissed, retiring } of children) {
    if (kind === "dequeue" || dismissed) continue;
    if (retiring && leaving < maxServers) leaving++;
    else present++;
  }
  return { start: Math.max(0, maxServers - present), successorsFor: [] };
}
