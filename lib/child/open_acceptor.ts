/**
 * How a child takes its clients where it has to wait for its turn, or for its leave.
 *
 * @module
 */

import type { Acceptor, AcceptorOptions } from "../client/accept.ts";
import { TurnAcceptor } from "../client/turn_acceptor.ts";
import type { SerializerHandoff } from "../handoff.ts";
import { Epoll } from "../os/epoll.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";

/** Opens what such a child takes its clients by. */
export async function openAcceptor(
  handoff: SerializerHandoff,
  options: AcceptorOptions,
  slot: Slot,
): Promise<Acceptor> {
  const { deathPipeFd } = options;
  const bell = handoff.hot?.bell.read;
  const hot = handoff.hot &&
    new (await import("../serialize/hot_turns.ts")).HotTurns(handoff.hot.token, deathPipeFd, slot);
  const { isLockless } = hot ?? {};
  const serializer = handoff.kind === "none"
    ? undefined
    : await (await import("../serialize/serializer.ts")).attachSerializer(handoff, {
      deathPipeFd,
      bell,
      isLockless,
    });
  return new TurnAcceptor({ ...options, set: bell === undefined ? undefined : ringingSet(bell) }, {
    hot,
    serializer,
  });
}

/** A set that the bell wakes whenever it is rung, and each who waits by itself. */
function ringingSet(bell: number): Epoll {
  const set = new Epoll();
  set.addEdgeTriggered(bell);
  return set;
}
