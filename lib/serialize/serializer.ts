/**
 * Serializers: how children take turns at waiting for a client. Each is held by one child at a time, and each
 * comes free when its holder is killed.
 *
 * Whoever wants a turn waits for a token, of which the kernel wakes one process, the same few as long as these are
 * enough. The lock that the user asked for is then taken by one child at a time: with all of them queueing at the lock,
 * each turn would go to the child that had rested for the longest time, and whose code and data the processor has
 * long forgotten.
 *
 * @module
 */

import type { SerializerHandoff } from "../handoff.ts";

/** The child's side of a serializer. */
export interface Serializer {
  /** Takes the turn if it is free, or comes free within a moment, holding this thread meanwhile. */
  takeHere(): boolean;
  /** Waits for the turn off the event loop. False: something else happened, look again. */
  takeAway(): Promise<boolean>;
  /** Gives the turn to the next. */
  release(): void;
  /** Waits no longer, and lets the next have the turn that this child may have been woken for. */
  leave(): void;
  /** The parent has gone without removing what it had created: removes what would stay behind. */
  abandon?(): void;
}

/** What keeps others out while a child has the turn. */
export interface Lock {
  /** Locks if it is free. */
  lockHere(): boolean;
  /** Waits off the event loop until it is locked. False: something else happened, look again. */
  lockAway(): Promise<boolean>;
  /** Lets the next have it. */
  unlock(): void;
  /** As {@linkcode Serializer.abandon}. */
  abandon?(): void;
}

/** The child's side of the serializer that the parent has prepared; undefined for `none`. */
export async function attachSerializer(
  handoff: SerializerHandoff,
  lifelineFd: number,
): Promise<Serializer | undefined> {
  if (handoff.kind === "none") return undefined;
  const { PipeSerializer } = await import("./pipe.ts");
  const token = new PipeSerializer(handoff.token, lifelineFd);
  if (handoff.kind === "pipe") return token;
  const lock = handoff.kind === "flock"
    ? new (await import("./flock.ts")).FileLock(handoff.path)
    : new (await import("./semaphore.ts")).SemaphoreLock(handoff.id);
  return new (await import("./locked_turns.ts")).LockedTurns(token, lock);
}
