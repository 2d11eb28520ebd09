/**
 * Ports that a new configuration moves from one address to another that includes it, such as from `*:80` to
 * `127.0.0.1:80`: the system refuses the new socket as long as the old one is open, and the old one is to serve until a
 * new child does. So for the moment of the new one's birth both are marked with SO_REUSEPORT, as sockets of one server.
 * After that the more specific address takes its clients, and either is as safe from other programs as before.
 *
 * @module
 */

import { sharePort, unsharePort } from "../os/shared_port.ts";
import { localAddress, type SocketKind, socketKind } from "../os/socket.ts";

/** Those of `givenUp` that are in the way of a new socket of this kind and port. */
export function rivalsOf(
  givenUp: readonly number[],
  kind: SocketKind,
  { transport, port }: { readonly transport: string; readonly port: number },
): readonly number[] {
  if (transport === "unix" || port === 0) return [];
  return givenUp.filter((fd) => socketKind(fd) === kind && localAddress(fd).port === port);
}

/** Calls `bind` while `rivals` let another socket be bound beside them. */
export function beside<T>(rivals: readonly number[], bind: () => T): T {
  for (const fd of rivals) sharePort(fd);
  try {
    return bind();
  } finally {
    for (const fd of rivals) unsharePort(fd);
  }
}
