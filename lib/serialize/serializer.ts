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

import type { SerializerHandoff } from "../handoff.ts";
import type { Serializer } from "./turns.ts";

/** The child's side of the serializer that the parent has prepared. */
export async function attachSerializer(
  handoff: Exclude<SerializerHandoff, { readonly kind: "none" | "hot" }>,
  deathPipeFd: number,
): Promise<Serializer> {
  const { PipeSerializer } = await import("./pipe.ts");
  const token = new PipeSerializer(handoff.token, deathPipeFd);
  if (handoff.kind === "pipe") return token;
  const lock = handoff.kind === "flock"
    ? new (await import("./flock.ts")).FileLock(handoff.path)
    : new (await import("./semaphore.ts")).SemaphoreLock(handoff.id);
  return new (await import("./locked_turns.ts")).LockedTurns(token, lock);
}
