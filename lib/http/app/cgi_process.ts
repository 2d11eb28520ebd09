/**
 * A CGI program that runs for one request: what goes in, what comes out, its time limit and its end.
 *
 * @module
 */

import { howEnded, type ProgramLimits, tellGroupToEnd } from "../../handler/program_rules.ts";
import type { Log } from "../../log/sink.ts";
import { LEVEL } from "../../log/line_format.ts";
import { closeFd } from "../../os/descriptor.ts";
import { type PipedProgram, readPipe, startPiped, writePipe } from "../../os/piped_program.ts";
import { type Ending, openProcess, processExists, reap, sendSignal } from "../../os/process.ts";
import { POLLIN, POLLOUT, type WaitFor } from "../../os/wait.ts";
import { setAlarm } from "../../process/alarm.ts";

/** How much is read at once. */
const PIECE = 65536;
/** Where no descriptor tells that a process has ended, it is looked for as often. */
const LOOK_MS = 20;
/** How long the rest of a group has when the program itself has ended, and how long the end of what was killed may take. */
const LAST_MS = 200;

/** What a program is run with. */
export interface CgiParts {
  readonly limits: ProgramLimits;
  readonly waitFor: WaitFor;
  readonly log: Log;
  /** Those that run. */
  readonly running: Set<CgiProcess>;
}

/** The program. */
export class CgiProcess {
  readonly #pid: number;
  readonly #name: string;
  readonly #parts: CgiParts;
  readonly #startedAt = performance.now();
  #stdin: number | undefined;
  #stdout: number | undefined;
  #callOff: () => void = () => {};
  /** Why it was told to end, if it was. */
  whyStopped: "time" | "client" | "server" | undefined;
  #hasEnded = false;

  /** Starts it. @throws {SpawnError} if that fails */
  constructor(program: PipedProgram, parts: CgiParts) {
    const { pid, stdin, stdout } = startPiped(program);
    this.#pid = pid;
    this.#name = program.path;
    this.#parts = parts;
    this.#stdin = stdin;
    this.#stdout = stdout;
    parts.running.add(this);
    const { timeoutMs } = parts.limits;
    if (timeoutMs > 0) this.#callOff = setAlarm(timeoutMs, () => this.stop("time"));
    parts.log(LEVEL.info, `CGI pid(${pid}) ${program.path} starts`);
  }

  /** Whether its answer has not come to its end. */
  get saysMore(): boolean {
    return this.#stdout !== undefined;
  }

  /** Has it end with all of its process group. */
  stop(why: "time" | "client" | "server", graceMs: number = this.#parts.limits.graceMs): void {
    const isFirst = this.whyStopped === undefined;
    if (this.#hasEnded || !isFirst && graceMs >= this.#parts.limits.graceMs) return;
    this.whyStopped ??= why;
    this.#callOff();
    const { limits, log } = this.#parts;
    const name = `CGI pid(${this.#pid}) ${this.#name}`;
    if (isFirst) {
      if (why === "time") {
        log(LEVEL.notice, `${name} exceeds exec_timeout (${limits.timeoutMs / 1000} s): sending SIGTERM`);
      }
      tellGroupToEnd(this.#pid);
    }
    this.#callOff = setAlarm(graceMs, () => {
      if (!processExists(-this.#pid)) return;
      log(LEVEL.notice, `${name} did not end within ${graceMs / 1000} s of SIGTERM: sending SIGKILL`);
      sendSignal(-this.#pid, "KILL");
    });
  }

  /** Ends it before this process ends, be there anybody who reads what it says or not. */
  async end(graceMs: number): Promise<void> {
    this.stop("server", graceMs);
    let deadline = performance.now() + graceMs + LAST_MS;
    for (let isThere = true; processExists(-this.#pid) && performance.now() < deadline;) {
      reap(this.#pid);
      if (isThere && !processExists(this.#pid)) {
        isThere = false;
        // What is left may have ended too, and have no parent that takes note: then its group stays for good.
        deadline = Math.min(deadline, performance.now() + LAST_MS);
      }
      await new Promise<void>((resolve) => setAlarm(LOOK_MS, resolve));
    }
    sendSignal(-this.#pid, "KILL");
  }

  /** Writes the body of the request to it, as it comes and as it is read; to the end of either. */
  async feed(body: ReadableStream<Uint8Array> | null): Promise<void> {
    try {
      const reader = body?.getReader();
      while (reader !== undefined) {
        const { done, value } = await reader.read();
        if (done || !await this.#write(value)) break;
      }
    } finally {
      if (this.#stdin !== undefined) closeFd(this.#stdin);
      this.#stdin = undefined;
    }
  }

  /** Whether it still reads. */
  async #write(bytes: Uint8Array): Promise<boolean> {
    const fd = this.#stdin as number;
    for (let at = 0; at < bytes.length;) {
      const count = writePipe(fd, bytes.subarray(at));
      if (count === undefined) return false;
      if (count === 0) await this.#parts.waitFor(fd, POLLOUT, -1);
      at += count;
    }
    return true;
  }

  /** What it says next; null at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const fd = this.#stdout;
    if (fd === undefined) return null;
    const bytes = new Uint8Array(PIECE);
    for (;;) {
      const count = readPipe(fd, bytes);
      if (count === undefined) await this.#parts.waitFor(fd, POLLIN, -1);
      else if (count > 0) return bytes.subarray(0, count);
      else {
        closeFd(fd);
        this.#stdout = undefined;
        this.#awaitEnd().catch((error) => this.#parts.log(LEVEL.warning, String(error)));
        return null;
      }
    }
  }

  /** Reads what it says to the end, for nobody. */
  async drain(): Promise<void> {
    while (await this.read() !== null);
  }

  /** It has nothing to say any more: it is reaped when it ends. */
  async #awaitEnd(): Promise<void> {
    const fd = openProcess(this.#pid);
    let ending = reap(this.#pid);
    while (ending === undefined && processExists(this.#pid)) {
      if (fd === undefined) await new Promise<void>((resolve) => setAlarm(LOOK_MS, resolve));
      else await this.#parts.waitFor(fd, POLLIN, -1);
      ending = reap(this.#pid);
    }
    this.#hasEnded = true;
    this.#parts.running.delete(this);
    if (fd !== undefined) closeFd(fd);
    this.#endRest();
    this.#tell(ending);
  }

  /** With a time limit, what it leaves in its process group ends with it, as with `exec`. */
  #endRest(): void {
    const { timeoutMs } = this.#parts.limits;
    if (this.whyStopped !== undefined) return;
    this.#callOff();
    if (timeoutMs > 0 && processExists(-this.#pid)) {
      this.#hasEnded = false;
      this.stop("server");
    }
  }

  #tell(ending: Ending | undefined): void {
    const isUsual = ending?.code === 0 || this.whyStopped !== undefined;
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3);
    this.#parts.log(
      isUsual ? LEVEL.info : LEVEL.notice,
      `CGI pid(${this.#pid}) ${this.#name} ${howEnded(ending)} after ${seconds} s`,
    );
  }
}
