/**
 * Serializers: how children take turns at waiting for a client. Each is held by one child at a time, and each
 * comes free when its holder is killed.
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
  /** The parent has gone without removing what it had created: removes what would stay behind. */
  abandon?(): void;
}

/** The child's side of the serializer that the parent has prepared; undefined for `none`. */
export async function attachSerializer(
  handoff: SerializerHandoff,
  lifelineFd: number,
): Promise<Serializer | undefined> {
  switch (handoff.kind) {
    case "none":
      return undefined;
    case "flock":
      return new (await import("./flock.ts")).FlockSerializer(handoff.path);
    case "semaphore":
      return new (await import("./semaphore.ts")).SemaphoreSerializer(handoff.id);
    case "pipe":
      return new (await import("./pipe.ts")).PipeSerializer(handoff, lifelineFd);
  }
}
