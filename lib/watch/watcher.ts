/**
 * Looks at files again and again, since that works wherever files are: on network folders, in containers, and for those that
 * are not there yet.
 *
 * @module
 */

import { relative } from "node:path";
import process from "node:process";
import { setAlarm } from "../process/alarm.ts";
import { markOf } from "./mark.ts";
import { filesMatching } from "./matches.ts";
import { localModules } from "./module_graph.ts";
import type { WatchPlan } from "./watch_plan.ts";

/** How often files are looked at, in milliseconds. */
const LOOK_MS = 250;
/** Of how much of the time looks may take one part: many files are looked at less often. */
const LOOK_SHARE = 30;
/** How long after a change nothing may change, so that what an editor does in several steps is one change. */
const SETTLE_MS = 50;
/** How long a change may go on. */
const LONGEST_CHANGE_MS = 2000;
/** How many looks come between two searches for files that match a pattern, and how much of the time these may take. */
const SEARCH_EVERY = 8;
const SEARCH_SHARE = 20;

/** What a {@linkcode Watcher} tells. */
export interface WatcherListener {
  /** Files have changed: which, in words. */
  readonly changed: (cause: string) => void;
  readonly warn: (message: string) => void;
}

/** The folder that paths are told from; undefined where it was removed. */
function ownFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** `handler.ts has changed`, `handler.ts and 2 other files have changed` */
function describe(paths: ReadonlySet<string>): string {
  const [first = ""] = paths;
  const folder = ownFolder();
  const path = folder === undefined ? "../" : relative(folder, first);
  const name = path.startsWith("../") ? first : path;
  const others = paths.size - 1;
  if (others === 0) return `${name} has changed`;
  return `${name} and ${others} other ${others === 1 ? "file" : "files"} have changed`;
}

/** Watches the files of a plan. */
export class Watcher {
  readonly #plan: WatchPlan;
  readonly #listener: WatcherListener;
  /** What each file was like at the last look. */
  #marks = new Map<string, string | undefined>();
  #matching: readonly string[] = [];
  /** What has changed and is not told yet, and since when. */
  readonly #pending = new Set<string>();
  #pendingSince = 0;
  /** How long the last look took. */
  #lookMs = 0;
  #nextSearch = 0;
  #saidMore = false;
  #isStopped = false;
  #callOff = (): void => {};

  constructor(plan: WatchPlan, listener: WatcherListener) {
    this.#plan = plan;
    this.#listener = listener;
  }

  /**
   * Begins. Modules that have changed since this process began may have been loaded before: they count as changed.
   *
   * @param began When that was, in milliseconds since 1970.
   * @returns how many files there are
   */
  async start(began: number = performance.timeOrigin): Promise<number> {
    await this.#search();
    const matching = new Set(this.#matching);
    const marks = this.#list().map((path) => [path, markOf(path)] as const);
    // The clock after the files: what was saved a moment ago is not ahead of it.
    const now = Date.now();
    for (const [path, mark] of marks) {
      this.#marks.set(path, mark?.text);
      const isLoaded = !matching.has(path);
      // A clock that is ahead, of another machine, says nothing.
      if (isLoaded && mark !== undefined && mark.changedMs >= began && mark.changedMs <= now) {
        this.#note(path);
      }
    }
    this.#again();
    return [...this.#marks.values()].filter((mark) => mark !== undefined).length;
  }

  /** Ends it. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  #again(): void {
    if (this.#isStopped) return;
    const delayMs = this.#pending.size > 0 ? SETTLE_MS : Math.max(LOOK_MS, LOOK_SHARE * this.#lookMs);
    this.#callOff = setAlarm(delayMs, () => {
      this.#look().catch((error: Error) => this.#listener.warn(`Cannot watch files: ${error.message}`))
        .then(() => this.#again());
    });
  }

  #note(path: string): void {
    if (this.#pending.size === 0) this.#pendingSince = performance.now();
    this.#pending.add(path);
  }

  async #look(): Promise<void> {
    if (this.#plan.patterns.length > 0 && performance.now() >= this.#nextSearch) {
      await this.#search();
      for (const path of this.#matching) if (!this.#marks.has(path)) this.#marks.set(path, undefined);
    }
    const begun = performance.now();
    let isSettled = true;
    for (const [path, before] of this.#marks) {
      const mark = markOf(path)?.text;
      if (mark === before) continue;
      this.#marks.set(path, mark);
      this.#note(path);
      isSettled = false;
    }
    this.#lookMs = performance.now() - begun;
    if (this.#pending.size > 0 && (isSettled || performance.now() - this.#pendingSince > LONGEST_CHANGE_MS)) {
      this.#tell();
    }
  }

  /** What is imported may be other files now. */
  #tell(): void {
    const cause = describe(this.#pending);
    this.#pending.clear();
    const marks = new Map<string, string | undefined>();
    for (const path of this.#list()) {
      marks.set(path, this.#marks.has(path) ? this.#marks.get(path) : markOf(path)?.text);
    }
    this.#marks = marks;
    this.#listener.changed(cause);
  }

  /** All paths that are watched. */
  #list(): readonly string[] {
    const { modules, files } = this.#plan;
    const { paths, areMore } = localModules(modules);
    if (areMore) this.#tellMore(paths.length);
    return [...new Set([...files, ...paths, ...this.#matching])];
  }

  async #search(): Promise<void> {
    const begun = performance.now();
    const { paths, areMore } = await filesMatching(this.#plan);
    if (areMore) this.#tellMore(paths.length);
    this.#matching = paths;
    const now = performance.now();
    this.#nextSearch = now + Math.max(SEARCH_EVERY * LOOK_MS, SEARCH_SHARE * (now - begun));
  }

  #tellMore(count: number): void {
    if (this.#saidMore) return;
    this.#saidMore = true;
    this.#listener.warn(`watch: ${count} files are watched, and there are more; give narrower patterns`);
  }
}
