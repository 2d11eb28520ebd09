/**
 * A server that this program has started, and whose parent it is.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Address } from "../address.ts";
import { findOption } from "../config/options.ts";
import { reloadServer } from "../daemon/reload_server.ts";
import { RunningServer } from "../daemon/running_server.ts";
import { scaleServer } from "../daemon/scale_server.ts";
import { readServerStatus, type ServerStatus } from "../daemon/server_status.ts";
import { TineError, UsageError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import { setAlarm } from "../process/alarm.ts";
import type { ServerEnd, ServerHandle, StopOptions } from "./serve.ts";

/** In seconds. */
const USUAL_STOP_TIMEOUT = findOption("stop_timeout")?.default as number;
/** How much longer than that a server may take to end. */
const MARGIN_MS = 10_000;

/** The server. */
export class ServerProcess implements ServerHandle {
  readonly pid: number;
  readonly finished: Promise<ServerEnd>;
  addresses: readonly Address[] = [];
  readonly #server: RunningServer;
  #stopTimeout = USUAL_STOP_TIMEOUT;
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.pid = child.pid as number;
    this.#server = RunningServer.ofChild(this.pid);
    this.finished = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#hasEnded = true;
        this.#server.close();
        resolve({ code, signal });
      });
    });
  }

  /** It serves: where, and what its `stop_timeout` is, in seconds. */
  started(addresses: readonly Address[], stopTimeout = USUAL_STOP_TIMEOUT): void {
    this.addresses = addresses;
    this.#stopTimeout = stopTimeout;
  }

  status(): ServerStatus {
    return readServerStatus(this.#living("see"));
  }

  async reload(): Promise<void> {
    await reloadServer(this.#living("reload"), this.#stopTimeout);
  }

  async scale(change: number): Promise<void> {
    if (!Number.isSafeInteger(change)) {
      throw new UsageError(`Cannot scale by ${change}; give a whole number, such as 1 or -1`);
    }
    await scaleServer(this.#living("scale"), change);
  }

  async stop({ graceful = false }: StopOptions = {}): Promise<void> {
    if (this.#hasEnded) return;
    this.#signal(graceful ? "QUIT" : "TERM");
    // A process that is held by SIGSTOP takes no other signal. Its children end when it has gone.
    const callOff = graceful ? () => {} : setAlarm(
      this.#stopTimeout * 1000 + MARGIN_MS,
      () => this.#signal("KILL"),
    );
    await this.finished;
    callOff();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(name: string): void {
    try {
      this.#server.signal(name);
    } catch (error) {
      if (!this.#server.ended) throw error;
    }
  }

  /** @throws {TineError} if it has ended */
  #living(verb: string): RunningServer {
    if (!this.#hasEnded) return this.#server;
    throw new TineError(`Cannot ${verb} the server with process id ${this.pid}: it has ended`, {
      exitCode: EX_UNAVAILABLE,
    });
  }
}
