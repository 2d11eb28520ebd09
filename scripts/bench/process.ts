/**
 * The processes that a benchmark starts: waiting for what they print, and ending them for certain.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import process from "node:process";
import { descendants, isAlive, killForCertain } from "./proc.ts";
import { until } from "./until.ts";

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** More lines than this are not kept: nobody waits for them, and a server may log each client. */
const LINES_KEPT = 1_000;
const STOP_DEADLINE_MS = 10_000;

/** A process that was started, and the lines that it has printed on either stream. */
export class Process {
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Resolves when it has ended and its output has been read. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #command: Command;
  readonly #lines: string[] = [];
  readonly #watchers = new Set<(line: string) => void>();
  #hasEnded = false;

  constructor(command: Command) {
    const [program, ...args] = command;
    this.#command = command;
    this.startedAt = performance.now();
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#take(line));
    }
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#hasEnded = true;
        resolve();
      };
      this.#child.once("close", end);
      this.#child.once("error", (error) => {
        this.#take(error.message);
        end();
      });
    });
  }

  /** The number of the process. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /**
   * Waits for a line that matches, or for the `times`-th such line; lines that came before the call count too.
   *
   * @throws {Error} when the process ends first, or the deadline passes, with the last lines that it printed.
   */
  async line(pattern: RegExp, { times = 1, withinMs = 20_000 } = {}): Promise<RegExpExecArray> {
    let seen = 0;
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (line: string) => {
      const match = pattern.exec(line);
      if (match && ++seen === times) resolve(match);
    };
    const fail = (why: string) =>
      reject(new Error(this.#complaint(`${why}; saw ${seen}/${times} ${pattern}`)));
    const timer = setTimeout(() => fail(`not ready within ${withinMs} ms`), withinMs);
    this.#lines.forEach(look);
    this.#watchers.add(look);
    this.ended.then(() => fail("it ended"));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  /** Asks it to end (SIGTERM) and waits for it and all its descendants; forces what is left after a while. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    // Known beforehand: once the parent is gone, its orphans can't be told from other programs.
    const family = descendants(this.pid);
    const gone = () => this.#hasEnded && !family.some(isAlive);
    this.terminate();
    if (await until(gone, { withinMs: STOP_DEADLINE_MS })) return;
    console.error(
      `! ${this.#name} ignored SIGTERM for ${STOP_DEADLINE_MS} ms, or left descendants behind: killed`,
    );
    // Again, because it may have started more since; the parent first, so that it cannot go on doing so.
    const late = descendants(this.pid);
    this.#signal("SIGKILL");
    for (const descendant of [...family, ...late]) killForCertain(descendant);
    await this.ended;
  }

  /** Sends SIGTERM, and does not wait. */
  terminate(): void {
    this.#signal("SIGTERM");
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    // Not #child.kill(): in Deno it does nothing after it has been called once. Its number is not given to another
    // process before its exit code is known here.
    const isRunning = this.#child.exitCode === null && this.#child.signalCode === null;
    if (isRunning && this.#child.pid !== undefined) process.kill(this.#child.pid, signal);
  }

  #take(line: string): void {
    if (this.#lines.length < LINES_KEPT) this.#lines.push(line);
    for (const watcher of this.#watchers) watcher(line);
  }

  #complaint(why: string): string {
    const said = this.#lines.slice(-8).map((line) => `\n    | ${line}`).join("");
    return `Cannot run ${this.#name}: ${why}${said}`;
  }

  get #name(): string {
    return `"${this.#command.join(" ")}" (${this.pid})`;
  }
}

/** The processes of one measurement; disposing of it stops those that still run. */
export class Processes implements AsyncDisposable {
  readonly #running = new Set<Process>();
  readonly #interrupted: AbortSignal;
  readonly #terminate = () => this.#running.forEach((running) => running.terminate());

  /** @param interrupted When it aborts, all are sent SIGTERM at once: nobody may be left to dispose of them. */
  constructor(interrupted: AbortSignal) {
    this.#interrupted = interrupted;
    interrupted.addEventListener("abort", this.#terminate);
  }

  /** Starts a program. */
  start(command: Command): Process {
    const started = new Process(command);
    this.#running.add(started);
    started.ended.then(() => this.#running.delete(started));
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()));
    this.#interrupted.removeEventListener("abort", this.#terminate);
  }
}
