/**
 * A server that runs, seen from another process: found by its pid file, signalled, and watched.
 *
 * @module
 */

import { PrivilegeError, TineError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import { errno } from "../os/calls.ts";
import { EPERM } from "../os/errno.ts";
import { closeFd } from "../os/descriptor.ts";
import { openProcess, sendSignal, signalProcess } from "../os/process.ts";
import { isRunning } from "../os/process_state.ts";
import { pollAway, pollHere, POLLIN } from "../os/wait.ts";
import { findOwner, type Owner } from "./find_owner.ts";
import { clearPidFile } from "./pid_file.ts";
import { findStatusFile, type PublishedStatus, readStatusFile } from "./status_file.ts";

/** How often a server is looked at that is expected to change. */
const LOOK_MS = 20;

/** No server runs that could have the pid file. */
export class NotRunningError extends TineError {
  override name = "NotRunningError";
  /** What tells so. */
  readonly why: string;

  constructor(why: string) {
    super(`Cannot find the server: ${why}`, { exitCode: EX_UNAVAILABLE });
    this.why = why;
  }
}

/** A server that runs. */
export class RunningServer {
  readonly pid: number;
  readonly #process: number | undefined;
  readonly #pidFile: string | undefined;
  #foundStatusFile: string | undefined;

  private constructor({ pid, process }: Owner, pidFile?: string) {
    this.pid = pid;
    this.#process = process;
    this.#pidFile = pidFile;
  }

  /**
   * The server that holds a pid file.
   *
   * @throws {NotRunningError} if there is none (status 69)
   * @throws {TineError} if the file does not tell (status 69)
   */
  static find(pidFile: string): RunningServer {
    const owner = findOwner(pidFile);
    if ("pid" in owner) return new RunningServer(owner, pidFile);
    if (owner.isStopped) throw new NotRunningError(owner.why);
    throw new TineError(`Cannot find the server: ${owner.why}`, { exitCode: EX_UNAVAILABLE });
  }

  /** The server that this process has started, and not yet taken the ending of. */
  static ofChild(pid: number): RunningServer {
    return new RunningServer({ pid, process: openProcess(pid) });
  }

  /** Closes what it is watched by. */
  close(): void {
    if (this.#process !== undefined) closeFd(this.#process);
  }

  /** Whether it has ended. One that was not reaped yet still has its number, but no more. */
  get ended(): boolean {
    if (this.#process !== undefined) return pollHere(this.#process, POLLIN, 0);
    return !isRunning(this.pid);
  }

  /** Where it tells of itself; undefined if the system does not let this process see that. */
  get statusFile(): string | undefined {
    return this.#foundStatusFile ??= findStatusFile(this.pid);
  }

  /** What it tells of itself; undefined if it cannot be seen, or is telling something new at this moment. */
  get status(): PublishedStatus | undefined {
    return this.statusFile === undefined ? undefined : readStatusFile(this.statusFile);
  }

  /** Sends it a signal. @throws {TineError} if it has ended, or is another user's */
  signal(name: string): void {
    const isSent = this.#process === undefined
      ? sendSignal(this.pid, name)
      : signalProcess(this.#process, name);
    if (isSent) return;
    if (errno() === EPERM) {
      throw new PrivilegeError(
        `Cannot signal the server with process id ${this.pid}: it runs as another user; become that user or root`,
      );
    }
    throw new TineError(`Cannot signal the server with process id ${this.pid}: it has ended`, {
      exitCode: EX_UNAVAILABLE,
    });
  }

  /**
   * Removes what is left of its pid file after its end: a server that has given up root may not do so itself in a folder
   * of root's.
   */
  clear(): void {
    if (this.#pidFile === undefined) return;
    try {
      clearPidFile(this.#pidFile, this.pid);
    } catch {
      // The server has removed it, or this user may not: the next start takes it over.
    }
  }

  /** Looks until `condition` holds or the server has ended. Whether it holds, before `timeoutMs` are over. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    const descriptors = this.#process === undefined ? [] : [{ fd: this.#process, events: POLLIN }];
    for (;;) {
      if (condition()) return true;
      if (this.ended || performance.now() > end) return condition();
      await pollAway(descriptors, LOOK_MS);
    }
  }
}
