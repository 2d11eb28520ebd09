/**
 * The children, as a restart hands them on to the new parent.
 *
 * @module
 */

import type { PassedChild, PassedGeneration } from "../restart/inherited_state.ts";
import type { Child } from "./children.ts";
import type { Parent } from "./parent.ts";

/** All children, as a restart hands them on: the oldest first. */
export function passChildren(parent: Parent): readonly PassedGeneration[] {
  const { old, own, scoreboard, population, relay, parts: { config, serializer } } = parent;
  return [...old.pass(), {
    children: passedChildren(own),
    scoreboard,
    countsWaiting: population.countsWaiting || config.maxClients > 1,
    messagesFd: relay?.ends.read,
    serializer: serializer.passed,
  }];
}

/** Children of one generation. */
export function passedChildren(children: readonly Child[]): PassedChild[] {
  const offset = Date.now() - performance.now();
  return children.map((
    { pid, kind, slotIndex, told, until },
  ) => ({
    pid,
    kind,
    slot: slotIndex,
    told,
    until: until === undefined ? undefined : until + offset,
  }));
}
