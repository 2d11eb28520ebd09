/**
 * Ports for servers that cannot be told to take any, and that say nothing when they are ready. The tests use it too.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Below the ports that Linux gives to whoever asks for any, so that no server of another test gets it meanwhile. */
const FIRST_PORT = 16_384;
const LAST_PORT = 32_767;
const TRIES = 100;

/** A port of 127.0.0.1 that nobody had a moment ago. */
export async function freePort(kind: "tcp" | "udp" = "tcp"): Promise<number> {
  for (let left = TRIES;; left--) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    const holder = kind === "tcp"
      ? createServer().listen(port, "127.0.0.1")
      : createSocket("udp4").bind(port, "127.0.0.1");
    try {
      await once(holder, "listening");
    } catch (error) {
      if (left > 0) continue;
      throw error;
    }
    holder.close();
    await once(holder, "close");
    return port;
  }
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
