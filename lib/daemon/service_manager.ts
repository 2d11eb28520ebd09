/**
 * What a service manager is told of the server's life, if it gave a socket for that (sd_notify(3), systemd's
 * `Type=notify` and `Type=notify-reload`).
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import process from "node:process";
import type { Address } from "../address.ts";
import { monotonicMicroseconds } from "../os/clock.ts";
import { closeFd } from "../os/descriptor.ts";
import { systemError } from "../os/errno.ts";
import { openSocket, sendTo } from "../os/socket.ts";
import { pollHere, POLLOUT } from "../os/wait.ts";

/** How long a manager that is behind with its messages is waited for. */
const TIMEOUT_MS = 1000;

/** The manager, if there is one. */
export class ServiceManager {
  readonly #address: Address | undefined;
  readonly #log: Log;

  /** @param path Where the manager listens (`NOTIFY_SOCKET`): a path, or `@` and a name without a file. */
  constructor(log: Log, path = process.env["NOTIFY_SOCKET"]) {
    this.#log = log;
    this.#address = path === undefined || !/^[/@]/.test(path)
      ? undefined
      : { transport: "unix", hostname: "", port: 0, path: path.replace(/^@/, "\0") };
  }

  /** The server takes clients, for the first time or again. */
  ready(status: string): void {
    // The process that the manager started may have been the command, which has ended since.
    this.#tell("READY=1", `MAINPID=${process.pid}`, `STATUS=${status}`);
  }

  /** The server is about to restart. `READY=1` follows whatever comes of it. */
  reloading(): void {
    this.#tell("RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`);
  }

  /** The server ends. */
  stopping(): void {
    this.#tell("STOPPING=1");
  }

  /** What it does, in words. */
  status(status: string): void {
    this.#tell(`STATUS=${status}`);
  }

  #tell(...lines: readonly string[]): void {
    if (this.#address === undefined) return;
    const text = lines.map((line) => line.replaceAll(/\s+/g, " ")).join("\n");
    try {
      if (send(this.#address, text)) return;
      this.#log(LEVEL.warning, `Cannot tell the service manager ${lines[0]}: it does not read its messages`);
    } catch (error) {
      this.#log(LEVEL.warning, `Cannot tell the service manager ${lines[0]}: ${(error as Error).message}`);
    }
  }
}

/** Sends a message. False: there was no room for it in time. @throws {SystemError} if no manager is there */
function send(address: Address, text: string): boolean {
  const socket = openSocket(address, "datagram");
  if (socket < 0) throw systemError("socket", "create a socket for the service manager");
  try {
    const bytes = new TextEncoder().encode(text);
    while (!sendTo(socket, bytes, address)) {
      if (!pollHere(socket, POLLOUT, TIMEOUT_MS)) return false;
    }
    return true;
  } finally {
    closeFd(socket);
  }
}
