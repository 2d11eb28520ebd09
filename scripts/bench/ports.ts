/**
 * A port for a server that cannot be told to take any.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A port of 127.0.0.1 that nobody had a moment ago. */
export async function freePort(kind: "tcp" | "udp" = "tcp"): Promise<number> {
  const holder = kind === "tcp"
    ? createServer().listen(0, "127.0.0.1")
    : createSocket("udp4").bind(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, "close");
  return port;
}
