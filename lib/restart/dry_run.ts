/**
 * A restart is tried before it is made: the program is started once more beside the server, does all that a restart
 * does short of starting children, and says how that went. So the new configuration is checked by the new program, and
 * an error in either costs no client.
 *
 * Nobody waits for it: it ends when it has reported, and the end of a process is a signal that the loop of every
 * personality hears of.
 *
 * @module
 */

import { SpawnError, TineError } from "../errors.ts";
import { closeFd } from "../os/descriptor.ts";
import { sendSignal } from "../os/process.ts";
import { pollHere, POLLIN } from "../os/wait.ts";
import { awaitEnding, type Purpose, readReport, type SpawnedSelf, spawnSelf } from "../process/self_spawn.ts";

/**
 * How long the program may take, in seconds: it is killed by SIGALRM then. A handler's module that needs longer would keep
 * its children waiting as well.
 */
export const LONGEST_TRY_S = 30;

/** The program that tries a restart. */
export class DryRun {
  readonly #self: SpawnedSelf;

  /** Starts it. @throws {SpawnError} */
  constructor(purpose: Purpose & { readonly role: "dry_run" }) {
    this.#self = spawnSelf(purpose, { inherit: purpose.sockets.map(({ fd }) => fd), newSession: false });
  }

  /** Its process id. */
  get pid(): number {
    return this.#self.pid;
  }

  /** Readable when it has reported, or ended. */
  get fd(): number {
    return this.#self.fd;
  }

  /** Whether it has reported, or ended. */
  get isOver(): boolean {
    return pollHere(this.fd, POLLIN, 0);
  }

  /**
   * Reads the report, and waits for the process to be gone.
   *
   * @throws {TineError} with the reason, if the restart would fail
   */
  async result(): Promise<void> {
    const report = readReport(this.#self);
    // It has said what it had to say.
    sendSignal(this.pid, "KILL");
    const ending = await awaitEnding(this.#self);
    if (report === undefined) {
      throw new SpawnError(
        ending?.signal === "SIGALRM"
          ? `Cannot check the new configuration: the program took longer than ${LONGEST_TRY_S} s to load; look for an endless loop, ` +
            "or a top-level await, in its modules"
          : "Cannot check the new configuration: the program ended before it had; what it said stands above",
      );
    }
    if ("failed" in report) throw new TineError(report.failed, { exitCode: report.exitCode });
  }

  /** Gives it up. */
  async cancel(): Promise<void> {
    closeFd(this.fd);
    sendSignal(this.pid, "KILL");
    await awaitEnding(this.#self);
  }
}
