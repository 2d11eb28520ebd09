/**
 * Serializers: how children take turns at waiting for a client. Each is held by one child at a time, and each
 * comes free when its holder is killed.
 *
 * A child that wants a turn waits for a token, of which the kernel wakes one process, the same few as long as these are
 * enough. The lock that the user asked for is then taken by one child at a time: with all of them queueing at the lock,
 * each turn would go to the child that had rested for the longest time, and whose code and data the processor has
 * long forgotten.
 *
 * @module
 */

import type { TurnsHandoff } from "../handoff.ts";
import type { TurnWakers } from "./pipe.ts";
import type { Serializer } from "./turns.ts";

/** Whether the lock is no other server's, so that it may be left alone where who has it was stopped. */
export function isOwnLock(handoff: TurnsHandoff): boolean {
  return handoff.kind !== "flock" || handoff.fd !== undefined;
}

/** What a child's side of a serializer works with. */
export interface SerializerParts extends TurnWakers {
  /** Whether the turn is enough, without the lock. Undefined where nobody watches over who has it. */
  readonly isLockless?: (() => boolean) | undefined;
}

/** The child's side of the serializer that the parent has prepared. */
export async function attachSerializer(handoff: TurnsHandoff, parts: SerializerParts): Promise<Serializer> {
  const { PipeSerializer } = await import("./pipe.ts");
  const token = new PipeSerializer(handoff.token, parts);
  if (handoff.kind === "pipe") return token;
  const lock = handoff.kind === "flock"
    ? new (await import("./flock.ts")).FileLock(handoff.path)
    : new (await import("./semaphore.ts")).SemaphoreLock(handoff.id);
  const isLockless = isOwnLock(handoff) ? parts.isLockless : undefined;
  return new (await import("./locked_turns.ts")).LockedTurns(token, lock, isLockless);
}
