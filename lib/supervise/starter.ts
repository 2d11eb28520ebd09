/**
 * Starts children: as many at a time as is good, and after deaths at birth one at a time, later and later.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import type { ChildKind } from "../hooks.ts";
import type { Scoreboard, Slot } from "../scoreboard/scoreboard.ts";
import { Backoff } from "./backoff.ts";
import type { Children } from "./children.ts";
import type { Outputs } from "./outputs.ts";
import { Pace } from "./pace.ts";
import { SOON_MS } from "./reap.ts";
import type { Spawner } from "./spawn.ts";

/** How often the scoreboard is looked at while a child is tried after deaths at birth. */
const TRY_MS = 100;

/** What a starter works with. */
export interface StarterParts {
  readonly spawner: Spawner;
  readonly scoreboard: Scoreboard;
  readonly children: Children;
  /** Takes what children print. */
  readonly outputs: Outputs;
  readonly log: Log;
}

/** How a child is to be started. */
export interface StartOptions {
  /** The child whose place it takes once that has ended. */
  readonly after?: number | undefined;
  /** Whether it is to tell the parent when it is ready, since others wait for that. */
  readonly announce?: boolean;
}

function isAtWork(slot: Slot | undefined): boolean {
  return slot?.state === "waiting" || slot?.state === "serving";
}

/** Whether a child does not fail by what it began with. */
function isSettled(slot: Slot): boolean {
  if (slot.state === "starting") return false;
  if (slot.requests > 0 || slot.state !== "waiting") return true;
  const inState = Date.now() - slot.changed;
  // A clock that was set back tells nothing, and must not hold up the others for as long.
  return inState >= SOON_MS || inState < 0;
}

/** Starts children, and knows when the next ones may be started. */
export class Starter {
  readonly #parts: StarterParts;
  readonly #backoff = new Backoff();
  // One more than there are processors, so that none idles until the parent has heard of a child that is ready.
  readonly #pace = new Pace(navigator.hardwareConcurrency + 1);
  /** The children that were started since others last died at birth. */
  readonly #tried = new Set<Slot>();

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  /** How many of `wanted` children may be started now. */
  allowed(wanted: number): number {
    this.#endPauseIfOneLives();
    if (wanted === 0) return this.#pace.allowed(performance.now(), 0, 0);
    const now = performance.now();
    let starting = 0;
    for (const { slot, generation } of this.#parts.children) {
      if (generation === undefined && slot.state === "starting") starting++;
    }
    // One at a time, of which it is known how it does.
    if (this.#backoff.failures > 0) {
      return starting > 0 || this.#isTrying ? 0 : Math.min(wanted, this.#backoff.allowed(now));
    }
    return this.#pace.allowed(now, wanted, starting);
  }

  /** Whether a child that was started after deaths at birth may yet end as those did. */
  get #isTrying(): boolean {
    return [...this.#parts.children].some(({ slot }) => this.#tried.has(slot) && !isSettled(slot));
  }

  /** After deaths at birth, the first child that is ready for a while, or has served, shows that the next ones will too. */
  #endPauseIfOneLives(): void {
    if (this.#backoff.failures === 0) return;
    for (const { slot, dismissed } of this.#parts.children) {
      if (!dismissed && this.#tried.has(slot) && isSettled(slot)) {
        this.#backoff.succeed();
        this.#tried.clear();
        for (const child of this.#parts.children) child.slot?.letGo();
        return;
      }
    }
  }

  /** Starts a child. */
  start(kind: ChildKind, options: StartOptions = {}): void {
    const { scoreboard, spawner, children, outputs, log } = this.#parts;
    const { after, announce = false } = options;
    const claimed = scoreboard.claim(Date.now());
    if (claimed === undefined) {
      log(LEVEL.warning, `Cannot start another child: there are ${scoreboard.capacity} already`);
      return;
    }
    const { index: slotIndex, slot } = claimed;
    try {
      const pid = outputs.starting((output) =>
        spawner.start({ slot: slotIndex, kind, after, announce }, output)
      );
      slot.setPid(pid);
      if (this.#backoff.failures > 0) this.#tried.add(slot);
      children.add({ pid, kind, slot, slotIndex, after });
      if (kind === "dequeue") log(LEVEL.debug, `Running dequeue child ${pid}`);
    } catch (error) {
      scoreboard.release(slotIndex);
      const pause = this.#fail();
      log(LEVEL.warning, `${(error as Error).message}; retrying in ${pause / 1000} s`);
    }
  }

  /** A child was killed from outside before it was ready. Whether that is one that {@linkcode diedAtBirth} is told of. */
  killedAtBirth(): boolean {
    const othersWork = [...this.#parts.children].some(({ kind, slot }) =>
      kind === "server" && isAtWork(slot)
    );
    return this.#backoff.killed({ othersWork });
  }

  /** Children ended before they were ready, or as soon as they were. */
  diedAtBirth(count: number): void {
    const pause = this.#fail();
    const often = this.#backoff.failures > 1 ? `, ${this.#backoff.failures} times in a row` : "";
    this.#parts.log(
      LEVEL.warning,
      `Children exit before they serve (${count} now${often}): the cause is in the lines above; ` +
        `retrying in ${pause / 1000} s`,
    );
  }

  #fail(): number {
    this.#tried.clear();
    // While no successor can be started, children go on serving.
    for (const { slot } of this.#parts.children) slot?.hold();
    return this.#backoff.fail(performance.now());
  }

  /** When to look again, by `performance.now`; undefined if no child waits to be started. */
  get pauseEnds(): number | undefined {
    const now = performance.now();
    if (this.#backoff.failures === 0) return this.#pace.ends;
    // A child that is tried says nothing when it is ready: it is looked after until then.
    return this.#backoff.ends(now) ?? now + TRY_MS;
  }
}
