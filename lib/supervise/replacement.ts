/**
 * Which children of an older generation go, and when. Pure: the parent asks at each turn of its loop.
 *
 * Those that still accept clients go one by one as new ones get ready, so that at no time fewer serve than before. Those
 * that were told to leave have their time to finish, and there may be only so many of them.
 *
 * @module
 */

import type { State } from "../scoreboard/layout.ts";

/** What counts of an old child. The oldest come first. */
export interface OldMember {
  readonly pid: number;
  readonly state: State | undefined;
  /** The signal that it was told to leave by; undefined while it serves. */
  readonly told?: "HUP" | "TERM" | "KILL" | undefined;
  /** Until when it has time; undefined: for as long as it likes. */
  readonly until?: number | undefined;
}

/** How far the new generation is. */
export interface Progress {
  /** How many new children serve. */
  readonly ready: number;
  /** How many a server begins with. */
  readonly wanted: number;
  /** How many old ones served when this began. */
  readonly before: number;
}

/** Those that go first are missed least. */
const GOES_FIRST: readonly (State | undefined)[] = ["leaving", "starting", "standby", "waiting"];

function rank({ state }: OldMember): number {
  const index = GOES_FIRST.indexOf(state);
  return index < 0 ? GOES_FIRST.length : index;
}

/** The children that are to leave after their client, since others serve in their place. */
export function replaced(
  old: readonly OldMember[],
  { ready, wanted, before }: Progress,
): readonly OldMember[] {
  const serving = old.filter(({ told }) => told === undefined);
  const needed = ready >= wanted ? 0 : Math.ceil(before * (wanted - ready) / wanted);
  if (serving.length <= needed) return [];
  return serving.toSorted((a, b) => rank(a) - rank(b)).slice(0, serving.length - needed);
}

/** The states in which a child that was told to leave may still take a client: it has not heard it yet. */
const ACCEPTING: readonly (State | undefined)[] = ["starting", "standby", "waiting"];

/**
 * Whether a reload is done: no old child takes clients, and a new one does. On a busy server all old ones may have served
 * `max_requests` before the first new one is ready.
 */
export function isDone(old: readonly OldMember[], { ready, wanted }: Progress): boolean {
  if (ready < Math.min(1, wanted)) return false;
  return old.every(({ told, state }) => told !== undefined && !ACCEPTING.includes(state));
}

/** The children that were told to leave and have had their time. */
export function overdue(old: readonly OldMember[], now: number): readonly OldMember[] {
  return old.filter(({ told, until }) => told !== undefined && until !== undefined && until <= now);
}

/** How many children may finish at the same time, and since when the others have to have been told. */
export interface FinishingLimit {
  readonly most: number;
  /** Those that have time until later than this were told just now: most clients are served within that. */
  readonly latest: number;
}

/** The children that finish beyond the limit, the oldest of them. */
export function tooMany(
  old: readonly OldMember[],
  { most, latest }: FinishingLimit,
): readonly OldMember[] {
  const finishing = old.filter(({ told }) => told === "HUP");
  return finishing.filter(({ until }) => until !== undefined && until <= latest)
    .slice(0, Math.max(0, finishing.length - most));
}
