/**
 * Ports for servers that cannot be told to take any, and that say nothing when they are ready. The tests use it too.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

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

/** Whether somebody listens on a port of 127.0.0.1. */
export async function connects(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
