/**
 * How a child takes its clients where it has to wait for its turn, or for its leave.
 *
 * @module
 */

import type { Acceptor, AcceptorOptions } from "../client/accept.ts";
import type { SerializerHandoff } from "../handoff.ts";
import type { Slot } from "../scoreboard/scoreboard.ts";

/** Opens what such a child takes its clients by. */
export async function openAcceptor(
  handoff: Exclude<SerializerHandoff, { readonly kind: "none" }>,
  options: AcceptorOptions,
  slot: Slot,
): Promise<Acceptor> {
  if (handoff.kind === "hot") {
    const { HotTurns } = await import("../serialize/hot_turns.ts");
    const { HotAcceptor } = await import("../client/hot_acceptor.ts");
    const turns = new HotTurns(handoff.token, options.deathPipeFd, slot);
    return new HotAcceptor(options, turns, handoff.bell.read);
  }
  const { attachSerializer } = await import("../serialize/serializer.ts");
  const { SerializedAcceptor } = await import("../client/serialized_acceptor.ts");
  return new SerializedAcceptor(options, await attachSerializer(handoff, options.deathPipeFd));
}
