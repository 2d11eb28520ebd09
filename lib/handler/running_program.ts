/**
 * A program that serves a client: waiting for its end, its time limit, and ending it with all that it started.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import { closeFd, type Waker } from "../os/descriptor.ts";
import { type Ending, openProcess, processExists, reap, sendSignal } from "../os/process.ts";
import { type AdaptiveSpin, pollAway, POLLIN } from "../os/wait.ts";
import { type ProgramLimits, tellGroupToEnd } from "./program_rules.ts";

/** How often what is left of a process group is looked for, within the time that it has to end. */
const GROUP_LOOK_MS = 20;

/** A program that was started as the leader of its process group. */
export class RunningProgram {
  readonly pid: number;
  readonly #limits: ProgramLimits;
  readonly #waker: Waker;
  readonly #spin: AdaptiveSpin;
  readonly #log: Log;
  readonly #startedAt = performance.now();
  /** Readable once the program has ended; undefined where the system has no such descriptor. */
  readonly #processFd: number | undefined;
  #graceMs: number;
  /** When the group was told to end. */
  #toldAt: number | undefined;
  #killed = false;
  #stopping = false;

  /**
   * @param waker Wakes {@linkcode ended}; where there are no process descriptors, the signal CHLD has to wake it.
   * @param spin Learns from one program to the next.
   */
  constructor(
    pid: number,
    parts: {
      limits: ProgramLimits;
      waker: Waker;
      spin: AdaptiveSpin;
      log: Log;
    },
  ) {
    this.pid = pid;
    this.#limits = parts.limits;
    this.#graceMs = parts.limits.graceMs;
    this.#waker = parts.waker;
    this.#spin = parts.spin;
    this.#log = parts.log;
    this.#processFd = openProcess(pid);
  }

  /** Milliseconds since its start. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Whether it was told to end. */
  get told(): boolean {
    return this.#toldAt !== undefined;
  }

  /** Has it end soon, whatever its time limit: {@linkcode ended} does it. */
  stop(graceMs: number): void {
    this.#stopping = true;
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    this.#waker.wake();
  }

  /** Waits for its end, and sees to it that it comes in time. The process is reaped then. */
  async ended(): Promise<Ending> {
    const ending = await this.#leaderEnded();
    if (this.#processFd !== undefined) closeFd(this.#processFd);
    // Without a time limit, what a program leaves behind is left alone, as inetd and tcpserver do.
    if (this.told || this.#limits.timeoutMs > 0) await this.#endRest();
    return ending;
  }

  async #leaderEnded(): Promise<Ending> {
    const fd = this.#processFd;
    if (fd !== undefined) this.#spin.look(fd, POLLIN);
    for (;;) {
      const ending = reap(this.pid);
      if (ending !== undefined) return ending;
      // It was reaped elsewhere.
      if (!processExists(this.pid)) return { pid: this.pid };
      const left = this.#advance();
      const wake = { fd: this.#waker.fd, events: POLLIN };
      const [woken] = await this.#spin.learn(
        pollAway(fd === undefined ? [wake] : [wake, { fd, events: POLLIN }], left),
      );
      if (woken) this.#waker.take();
    }
  }

  /** Takes the next step to its end, if it is time; how many milliseconds are left until the next one, or -1. */
  #advance(): number {
    const { timeoutMs } = this.#limits;
    if (this.#toldAt === undefined) {
      const left = timeoutMs - this.elapsedMs;
      if (!this.#stopping && (timeoutMs === 0 || left > 0)) return timeoutMs === 0 ? -1 : left;
      if (!this.#stopping) {
        this.#log(
          LEVEL.notice,
          `EXEC pid(${this.pid}) exceeds exec_timeout (${timeoutMs / 1000} s): sending SIGTERM`,
        );
      }
      this.#tell();
    }
    if (this.#killed) return -1;
    const left = (this.#toldAt as number) + this.#graceMs - performance.now();
    if (left > 0) return left;
    this.#kill();
    return -1;
  }

  #tell(): void {
    this.#toldAt = performance.now();
    tellGroupToEnd(this.pid);
  }

  #kill(): void {
    this.#killed = true;
    this.#log(
      LEVEL.notice,
      `EXEC pid(${this.pid}) did not end within ${this.#graceMs / 1000} s of SIGTERM: sending SIGKILL`,
    );
    sendSignal(-this.pid, "KILL");
  }

  /**
   * Ends what the program left of its process group. As long as there is something, the group's number is not given
   * to another one.
   */
  async #endRest(): Promise<void> {
    if (this.#killed || !processExists(-this.pid)) return;
    if (!this.told) this.#tell();
    while (processExists(-this.pid)) {
      if (this.#advance() < 0) return;
      await pollAway([{ fd: -1, events: 0 }], GROUP_LOOK_MS);
    }
  }
}
