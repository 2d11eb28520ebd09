/**
 * The start of a server, for who waits for it: a command that has started it in the background, or a person at a
 * terminal.
 *
 * @module
 */

import process from "node:process";
import { counted } from "../counted.ts";
import { SpawnError } from "../errors.ts";
import { LEVEL } from "../log/line_format.ts";
import type { Parent } from "./parent.ts";

/** How often a person is told how far a start is. */
const PROGRESS_MS = 1000;

/** Follows the first children until they are ready. */
export class ComingUp {
  readonly #parent: Parent;
  /** Whether a person still waits; undefined while that was not asked. */
  #isWatched: boolean | undefined;
  #nextProgress = performance.now() + PROGRESS_MS;

  constructor(parent: Parent) {
    this.#parent = parent;
  }

  /** Whether a person watches. */
  get #isSeen(): boolean {
    const { logger, inherited } = this.#parent.parts;
    return this.#isWatched ??= inherited === undefined && logger.file === undefined && process.stderr.isTTY;
  }

  /** Whether children are to tell when they are ready. */
  get isAwaited(): boolean {
    return this.#isSeen || this.#parent.parts.daemon.isAwaited;
  }

  /** When to look again without being told, by `performance.now`; Infinity if nobody watches. */
  get nextLook(): number {
    return this.#isSeen ? this.#nextProgress : Infinity;
  }

  /**
   * Tells who waits how far the start is.
   *
   * @throws {SpawnError} if a command waits, and children have ended before one was ready: the start has failed then
   */
  look({ diedAtBirth }: { readonly diedAtBirth: number }): void {
    if (!this.isAwaited) return;
    const ready = this.#parent.own.filter(({ slot }) => slot.state !== "starting").length;
    if (this.#parent.parts.daemon.isAwaited) this.#tellCommand(ready, diedAtBirth);
    if (this.#isSeen) this.#tellPerson(ready);
  }

  #tellCommand(ready: number, diedAtBirth: number): void {
    const { daemon, logger } = this.#parent.parts;
    if (ready > 0) return daemon.serving();
    if (diedAtBirth === 0) return;
    const where = logger.file === undefined ? "the log" : `"${logger.file}"`;
    throw new SpawnError(`Cannot serve: children end before they are ready; see ${where} for the cause`);
  }

  #tellPerson(ready: number): void {
    const { initial } = this.#parent.population;
    const now = performance.now();
    if (ready >= initial) {
      this.#isWatched = false;
      this.#parent.log(
        LEVEL.notice,
        // Since the process began.
        `Ready in ${(now / 1000).toFixed(1)} s: ${counted(ready, "child", "children")}`,
      );
    } else if (now >= this.#nextProgress) {
      this.#nextProgress = now + PROGRESS_MS;
      this.#parent.log(LEVEL.notice, `${ready} of ${counted(initial, "child", "children")} are ready`);
    }
  }
}
