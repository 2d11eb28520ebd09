/**
 * The children from before a restart. The new parent, which is the same process, has them beside its own: they serve
 * until new ones are ready, are told to leave then, and have `stop_timeout` to finish their clients.
 *
 * @module
 */

import { counted } from "../counted.ts";
import type { ScoreboardPlace } from "../daemon/status_file.ts";
import { LEVEL } from "../log/line_format.ts";
import type { PassedChild, PassedGeneration } from "../restart/inherited_state.ts";
import { closeFd } from "../os/descriptor.ts";
import { Scoreboard, type Slot } from "../scoreboard/scoreboard.ts";
import { WaitingCount } from "../scoreboard/waiting_count.ts";
import { type OldSerializer, takeOverSerializer } from "../serialize/prepare.ts";
import type { Child } from "./children.ts";
import type { Parent } from "./parent.ts";
import { Relay } from "./relay.ts";
import { passedChildren } from "./pass_children.ts";
import { isDone, type OldMember, overdue, replaced, tooMany } from "./replacement.ts";

/** How often is looked, while a reload lasts, whether old children still accept. */
const LOOK_MS = 100;
/** How long a child may finish although too many do. */
const GRACE_MS = 1000;

/** What the children of one generation share, until the last has ended. */
export class Generation {
  readonly #passed: PassedGeneration;
  readonly scoreboard: Scoreboard;
  readonly #serializer: OldSerializer;
  readonly relay: Relay | undefined;

  private constructor(passed: PassedGeneration, serializer: OldSerializer) {
    this.#passed = passed;
    this.scoreboard = Scoreboard.takeOver(passed.scoreboard);
    this.#serializer = serializer;
    const { messagesFd } = passed;
    // The other end is the children's alone.
    this.relay = messagesFd === undefined ? undefined : new Relay({ read: messagesFd, write: -1 });
  }

  /** Takes over what the parent had for them. */
  static async takeOver(passed: PassedGeneration): Promise<Generation> {
    return new Generation(passed, await takeOverSerializer(passed.serializer));
  }

  /** A child has ended: it may have had the turn, or be counted. */
  ended(slot: Slot): void {
    if (this.#passed.countsWaiting && slot.state === "waiting") {
      new WaitingCount(this.scoreboard.memory).correct(-1);
    }
    const { token } = slot;
    slot.free();
    this.#serializer.afterDeath(token);
  }

  /** The last one has ended. */
  close(): void {
    this.#serializer.remove();
    closeFd(this.#passed.scoreboard.fd);
    if (this.relay !== undefined) closeFd(this.relay.ends.read);
  }

  /** What the next restart hands on. */
  pass(children: readonly PassedChild[]): PassedGeneration {
    return { ...this.#passed, children };
  }
}

/** The children of all older generations. */
export class OldChildren {
  readonly #parent: Parent;
  readonly #generations: Generation[] = [];
  /** How many served when the new parent came up. */
  #before = 0;
  /** How many may finish: fewer children from now on cut off nobody. */
  #mostFinishing = 0;
  /** When the restart began, in milliseconds since 1970; undefined once it is complete. */
  #begun: number | undefined;
  #saidFailing = false;

  constructor(parent: Parent) {
    this.#parent = parent;
  }

  /** Takes over the children that were handed on. */
  async takeOver(generations: readonly PassedGeneration[], begun: number): Promise<void> {
    const { children, inbox, parts: { config } } = this.#parent;
    this.#begun = begun;
    for (const passed of generations) {
      const generation = await Generation.takeOver(passed);
      this.#generations.push(generation);
      if (generation.relay !== undefined) inbox.watch(generation.relay.ends.read);
      for (const { pid, kind, slot, told, until } of passed.children) {
        // By the system's clock, which may be set; no later than a new parent would have it.
        const left = until === undefined
          ? undefined
          : Math.min(until - Date.now(), config.stopTimeout * 1000);
        children.add({
          pid,
          kind,
          slot: generation.scoreboard.slot(slot),
          slotIndex: slot,
          generation,
          dismissed: told !== undefined,
          told,
          until: left === undefined ? undefined : performance.now() + left,
        });
      }
    }
    // They have no client to be waited for.
    for (const child of this.#all) {
      if (child.kind === "dequeue" && !child.dismissed) this.#dismiss(child, "HUP");
    }
    this.#before = Math.min(this.#servingCount, config.maxServers);
    this.#mostFinishing = Math.max(this.#servingCount, config.maxServers);
  }

  get #all(): Child[] {
    return [...this.#parent.children].filter(({ generation }) => generation !== undefined);
  }

  get #servingCount(): number {
    return this.#all.filter(({ dismissed }) => dismissed !== true).length;
  }

  /** Where their scoreboards are. */
  get scoreboards(): ScoreboardPlace[] {
    return this.#generations.map(({ scoreboard: { fd, capacity } }) => ({ fd, capacity }));
  }

  /** Whether some still serve, since new ones are not ready. */
  get areNeeded(): boolean {
    return this.#begun !== undefined;
  }

  /** Tells those to leave that are not needed any more, and ends those that have had their time. */
  async tend(): Promise<void> {
    if (this.#generations.length === 0 && this.#begun === undefined) return;
    const { config } = this.#parent.parts;
    const old = this.#all;
    this.#replace(old);
    this.#endOverdue(overdue(members(old), performance.now()));
    if (!config.leaveChildrenOpenOnHup) {
      const latest = performance.now() + config.stopTimeout * 1000 - GRACE_MS;
      this.#endEarly(
        tooMany(members(old), { most: this.#mostFinishing, latest }),
        `more than max_servers (${this.#mostFinishing}) finish`,
      );
    }
    await this.#closeEmpty(old);
  }

  #replace(old: readonly Child[]): void {
    if (this.#begun === undefined) return;
    const { children, population: { initial } } = this.#parent;
    const ready =
      [...children].filter(({ kind, slot, generation, dismissed }) =>
        generation === undefined && kind === "server" && dismissed !== true && slot.state !== "starting" &&
        slot.state !== "standby"
      ).length;
    const progress = { ready, wanted: initial, before: this.#before };
    for (const { pid } of replaced(members(old), progress)) this.#dismiss(children.get(pid) as Child, "HUP");
    if (isDone(members(old), progress)) this.#complete(ready, old);
  }

  /** All who serve are new. */
  #complete(ready: number, old: readonly Child[]): void {
    const { config, daemon } = this.#parent.parts;
    const ms = Date.now() - (this.#begun ?? 0);
    this.#begun = undefined;
    const finishing = old.filter(({ slot }) => slot.state === "serving").length;
    const limit = config.leaveChildrenOpenOnHup ? "" : `, within stop_timeout (${config.stopTimeout} s)`;
    this.#parent.log(
      LEVEL.notice,
      `Reloaded in ${ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`}: ${
        counted(ready, "new child", "new children")
      } ${ready === 1 ? "serves" : "serve"}` +
        (finishing === 0
          ? ""
          : `; ${
            counted(finishing, "old one finishes its client", "old ones finish their clients")
          }${limit}`),
    );
    daemon.reloaded();
  }

  #dismiss(child: Child, signal: "HUP" | "TERM" | "KILL"): void {
    const { config } = this.#parent.parts;
    this.#parent.dismiss(child, signal);
    // After a KILL there is nothing left to be done, however long the kernel takes.
    const unlimited = signal === "KILL" || (signal === "HUP" && config.leaveChildrenOpenOnHup);
    child.until = unlimited ? undefined : performance.now() + config.stopTimeout * 1000;
  }

  #endOverdue(late: readonly OldMember[]): void {
    const { stopTimeout } = this.#parent.parts.config;
    this.#endEarly(
      late.filter(({ told }) => told === "HUP"),
      `did not finish within stop_timeout (${stopTimeout} s) of the reload`,
    );
    for (const { pid, told } of late) {
      if (told === "TERM") {
        this.#parent.log(LEVEL.warning, `Child ${pid} did not end within ${stopTimeout} s: sending SIGKILL`);
      }
      if (told === "TERM") this.#dismiss(this.#parent.children.get(pid) as Child, "KILL");
    }
  }

  #endEarly(old: readonly OldMember[], why: string): void {
    const serving = old.filter(({ state }) => state === "serving");
    if (serving.length > 0) {
      const whose = serving.map(({ pid }) => pid).join(", ");
      this.#parent.log(
        LEVEL.warning,
        // A child may have several, and says how many it cuts off.
        `Clients of ${counted(serving.length, "child", "children")} cut off: ${why} (${whose})`,
      );
    }
    for (const { pid } of old) this.#dismiss(this.#parent.children.get(pid) as Child, "TERM");
  }

  async #closeEmpty(old: readonly Child[]): Promise<void> {
    for (const generation of [...this.#generations]) {
      if (old.some((child) => child.generation === generation)) continue;
      // What the last one said on its way out.
      if (generation.relay !== undefined) await this.#parent.hear(generation.relay);
      this.#close(generation);
      this.#parent.log(LEVEL.info, "The last child from before the reload has ended");
    }
  }

  #close(generation: Generation): void {
    this.#generations.splice(this.#generations.indexOf(generation), 1);
    // Before its descriptor is another's.
    this.#parent.parts.daemon.keepsScoreboards(this.scoreboards);
    if (generation.relay !== undefined) this.#parent.inbox.unwatch(generation.relay.ends.read);
    generation.close();
  }

  /** Removes what was made for them: all have ended with the server. */
  remove(): void {
    for (const generation of [...this.#generations]) this.#close(generation);
  }

  /** New children end before they are ready: the old ones serve on, and `tine reload` is told. */
  newOnesFail(): void {
    if (this.#begun === undefined || this.#saidFailing) return;
    this.#saidFailing = true;
    const serving = this.#servingCount;
    if (serving === 0) return;
    this.#parent.log(
      LEVEL.warning,
      `${counted(serving, "child", "children")} from before the reload ${
        serving === 1 ? "serves" : "serve"
      } until new ones are ready`,
    );
    this.#parent.parts.daemon.restartRefused(
      "new children end before they are ready; the cause is in the log",
    );
  }

  /** Hears what they say. */
  async hear(): Promise<void> {
    for (const { relay } of this.#generations) if (relay !== undefined) await this.#parent.hear(relay);
  }

  get #tooManyFinish(): boolean {
    return !this.#parent.parts.config.leaveChildrenOpenOnHup &&
      this.#all.filter(({ dismissed }) => dismissed).length > this.#mostFinishing;
  }

  /** When to look again without being woken, by `performance.now`; undefined: not before something happens. */
  get nextLook(): number | undefined {
    if (this.#generations.length === 0) return undefined;
    const ends = this.#all.map(({ until }) => until).filter((until) => until !== undefined);
    // A child that takes its last client just before it hears that it is to leave does not wake the parent.
    if (this.#begun !== undefined || this.#tooManyFinish) ends.push(performance.now() + LOOK_MS);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /** What the next restart hands on of them. */
  pass(): PassedGeneration[] {
    return this.#generations.map((generation) =>
      generation.pass(passedChildren(this.#all.filter((child) => child.generation === generation)))
    );
  }
}

function members(children: readonly Child[]): OldMember[] {
  return children.map(({ pid, slot, told, dismissed, until }) => ({
    pid,
    state: slot.state,
    told: told ?? (dismissed === true ? "HUP" : undefined),
    until,
  }));
}
