/**
 * PreFork and Fork: as many children as the clients need, and some that wait for the next. What the children do is read
 * from the scoreboard, and what clients wait from the system; the rules are `lib/personality/spares.ts`.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import type { Config } from "../config/options.ts";
import type { Listener } from "../listen/listen.ts";
import { queuedClientsOf } from "../os/listening_socket.ts";
import { type Pace, type Sight, SpareRules } from "../personality/spares.ts";
import type { Scoreboard, Slot } from "../scoreboard/scoreboard.ts";
import { WaitingCount } from "../scoreboard/waiting_count.ts";
import {
  AT_LEAST,
  LEAST_SERVERS,
  type Measures,
  type Member,
  type Population,
  type Scaled,
} from "./population.ts";
import { plan } from "./populate.ts";

/** What a population of spares is made of. */
export interface SpareParts {
  readonly config: Config;
  readonly listeners: readonly Listener[];
  readonly scoreboard: Scoreboard;
  readonly log: Log;
  /** How the personality differs from PreFork. */
  readonly pace?: Pick<Pace, "maxStarting" | "serveOnce">;
}

/** Between `min_servers` and `max_servers` children, of which some wait. */
export class SparePopulation implements Population {
  readonly countsWaiting = true;
  readonly #rules: SpareRules;
  readonly #count: WaitingCount;
  readonly #parts: SpareParts;
  readonly #checkForSpawnMs: number;
  #nextCheck: number;
  #lastClient = performance.now();
  /** By how much the count was above the scoreboard when that was last compared. */
  #excess = 0;
  /** A child stopped waiting just when it was not looked: look again at once. */
  #missed = false;

  constructor(parts: SpareParts) {
    const { config, scoreboard, pace } = parts;
    const now = performance.now();
    this.#parts = parts;
    this.#rules = new SpareRules(config, {
      checkForWaitingMs: config.checkForWaiting * 1000,
      minChildTtlMs: config.minChildTtl * 1000,
      ...pace,
    }, now);
    this.#count = new WaitingCount(scoreboard.memory);
    this.#checkForSpawnMs = config.checkForSpawn * 1000;
    this.#nextCheck = now + this.#checkForSpawnMs;
  }

  get initial(): number {
    const { minServers, minSpareServers } = this.#rules.numbers;
    return Math.min(Math.max(minServers, minSpareServers), this.#rules.numbers.maxServers);
  }

  get most(): number {
    return this.#rules.numbers.maxServers;
  }

  get words(): string {
    return `${this.initial} to ${this.#rules.numbers.maxServers} children`;
  }

  scale(change: 1 | -1): Scaled {
    if (change < 0 && this.#rules.numbers.maxServers <= LEAST_SERVERS) return AT_LEAST;
    this.#rules.scale(change);
    return {
      line: `${change > 0 ? "Increasing" : "Decreasing"} server count (${this.#rules.numbers.maxServers})`,
    };
  }

  measures(children: readonly Member[]): Measures {
    const now = performance.now();
    const working = children.filter(({ kind, dismissed, after }) =>
      kind === "server" && !dismissed && after === undefined
    );
    const sight = this.#look(working, now);
    const { start, dismiss } = this.#rules.decide(sight);
    if (now >= this.#nextCheck) this.#recount(sight.waiting, now);
    this.#watch();
    if (dismiss > 0) {
      this.#parts.log(LEVEL.info, `Stopping ${dismiss} spare children (${working.length - dismiss} left)`);
    }
    // Who has enough spares needs no successor for a child that leaves.
    const enough = sight.waiting + sight.starting > this.#rules.numbers.minSpareServers;
    // Of a child that serves several clients, the last may stay for hours.
    const none = enough || this.#parts.config.maxClients > 1;
    const successorsFor = none ? [] : plan(children, this.#rules.numbers.maxServers).successorsFor;
    return { start, successorsFor, dismiss: idlest(working, dismiss) };
  }

  #look(working: readonly Member[], now: number): Sight {
    let starting = 0;
    let waiting = 0;
    const epoch = Date.now() - now;
    for (const { slot } of working) {
      const state = slot?.state;
      if (state === "starting" || state === "standby") starting++;
      else if (state === "waiting") waiting++;
      if (slot !== undefined && slot.requests > 0) {
        this.#lastClient = Math.max(this.#lastClient, slot.changed - epoch);
      }
    }
    const busy = working.length - starting - waiting;
    return {
      now,
      starting,
      waiting,
      busy,
      queued: queuedClientsOf(this.#parts.listeners),
      lastClient: this.#lastClient,
    };
  }

  /** Lets children wake the parent, unless it looks by itself or could do nothing for want of room. */
  #watch(): void {
    const { minSpareServers } = this.#rules.numbers;
    const mark = this.#rules.watching || this.#rules.isFull ? 0 : minSpareServers;
    this.#count.watch(mark);
    this.#missed = mark > 0 && this.#count.value < mark;
  }

  /** A child that is killed between two words leaves the count one too high: what stays too high is taken back. */
  #recount(waiting: number, now: number): void {
    this.#nextCheck = now + this.#checkForSpawnMs;
    const excess = Math.max(0, this.#count.value - waiting);
    const lasting = Math.min(excess, this.#excess);
    if (lasting > 0) {
      this.#parts.log(LEVEL.info, `Waiting diff (${lasting})`);
      this.#count.correct(-lasting);
    }
    this.#excess = excess - lasting;
  }

  ended(slot: Slot): void {
    if (slot.state === "waiting") this.#count.correct(-1);
  }

  nextLook(now: number): number | undefined {
    if (this.#missed) return now + 1;
    return Math.min(this.#rules.nextLook(now) ?? Infinity, this.#nextCheck);
  }
}

/** Those that have waited longest; after those that wait, the others, who finish their clients. */
function idlest(working: readonly Member[], count: number): readonly number[] {
  if (count === 0) return [];
  const rank = ({ slot }: Member) => slot?.state === "waiting" ? 0 : 1;
  return working
    .toSorted((a, b) => rank(a) - rank(b) || (a.slot?.changed ?? 0) - (b.slot?.changed ?? 0))
    .slice(0, count)
    .map(({ pid }) => pid);
}
