/**
 * The parent: it waits, handles signals, reaps, watches and populates. The loop is {@linkcode supervise}.
 *
 * @module
 */

import { programName } from "../process/program_name.ts";
import { LEVEL } from "../log/line_format.ts";
import { makeHandoff } from "./make_handoff.ts";
import type { ChildKind, Hooks } from "../hooks.ts";
import { type Ending, processExists, reap, sendSignal } from "../os/process.ts";
import type { Pipe } from "../os/descriptor.ts";
import type { PreparedSerializer } from "../serialize/prepare.ts";
import type { ServerContext } from "../server/loop.ts";
import { DescriptorMailbox } from "../os/descriptor_mailbox.ts";
import { isLinux } from "../os/constants.ts";
import { type ParentHooks, parentHooks } from "../process/parent_hooks.ts";
import { Scoreboard } from "../scoreboard/scoreboard.ts";
import { busyLine, BusyWatch } from "./busy.ts";
import { type Child, Children } from "./children.ts";
import { Inbox } from "../process/inbox.ts";
import { OldChildren } from "./old_children.ts";
import type { Member, Population } from "./population.ts";
import { type Death, deathOf, meaningOf } from "./reap.ts";
import { Relay } from "./relay.ts";
import { Spawner } from "./spawn.ts";
import { Outputs } from "./outputs.ts";
import { ComingUp } from "./coming_up.ts";
import { Starter, type StartOptions } from "./starter.ts";

/** Room in the scoreboard beyond `max_servers`: for successors, the dequeue processes and TTIN. */
const SPARE_SLOTS = 1024;

/** What a parent is made of: a server that has its options and its ports, and what children share. */
export interface ParentParts extends
  Pick<
    ServerContext,
    "config" | "handler" | "handlerUrl" | "server" | "logger" | "listeners" | "inherited" | "daemon"
  > {
  readonly serializer: PreparedSerializer;
  /** Children see the end of the parent by it. */
  readonly deathPipe: Pipe;
  /** The personality's strategy. */
  readonly populate: (scoreboard: Scoreboard) => Population;
}

/** The parent's state, and the steps of its loop. */
export class Parent {
  readonly parts: ParentParts;
  readonly children = new Children();
  readonly inbox = new Inbox();
  /** Calls the hooks that this process has. */
  readonly hooks: ParentHooks;
  readonly #scoreboard: Scoreboard;
  readonly #starter: Starter;
  /** Where children are heard, if they may talk. */
  readonly relay: Relay | undefined;
  readonly population: Population;
  /** Whether somebody else here waits for the end of a process that is no child. */
  isAwaited: (pid: number) => boolean = () => false;
  readonly #busy = new BusyWatch(performance.now());
  readonly #comingUp = new ComingUp(this);
  /** What children print. */
  readonly outputs: Outputs;
  /** Where children find the log file that was opened again. */
  readonly mailbox: DescriptorMailbox | undefined;
  /** The children from before a restart. */
  readonly old = new OldChildren(this);
  /** How many children of a group are still to be started. */
  #heldBack = 0;
  /** Set when a stop came while children were being ended. */
  stopRequested = false;

  constructor(parts: ParentParts) {
    const { config, logger } = parts;
    this.parts = parts;
    this.hooks = parentHooks(parts, this.inbox);
    this.#scoreboard = Scoreboard.create(2 * config.maxServers + SPARE_SLOTS);
    this.population = parts.populate(this.#scoreboard);
    this.relay = config.childCommunication ? new Relay() : undefined;
    if (this.relay !== undefined) this.inbox.watch(this.relay.ends.read);
    this.outputs = new Outputs((line, pid) => logger.printed(line, pid));
    this.inbox.watchAll(() => this.outputs.descriptors);
    // Children from before a restart look for the log file where they did then.
    const { mailbox } = parts.inherited ?? {};
    this.mailbox = isLinux && logger.file !== undefined ? new DescriptorMailbox(mailbox) : undefined;
    const handoff = makeHandoff(parts, {
      scoreboardFd: this.#scoreboard.fd,
      countsWaiting: this.population.countsWaiting,
      messagesFd: this.relay?.ends.write,
      wakeup: this.inbox.waker.ends,
      mailbox: this.mailbox?.ends,
    });
    this.#starter = new Starter({
      spawner: new Spawner(handoff, programName(parts.config, parts.handlerUrl)),
      scoreboard: this.#scoreboard,
      children: this.children,
      outputs: this.outputs,
      log: (level, message) => this.log(level, message),
    });
  }

  /** Where the scoreboard is, and how many slots it has. */
  get scoreboard(): { readonly fd: number; readonly capacity: number } {
    const { fd, capacity } = this.#scoreboard;
    return { fd, capacity };
  }

  log(level: number, message: string): void {
    this.parts.logger.log(level, message);
  }

  /** Calls a hook of the parent's. @throws {Failure} */
  callHook(name: keyof Hooks, call: (hooks: Hooks) => unknown): Promise<void> {
    return this.hooks.call(name, call);
  }

  /** TTIN and TTOU. */
  async scale(change: 1 | -1): Promise<void> {
    const scaled = this.population.scale(change);
    if ("refused" in scaled) {
      this.log(LEVEL.notice, scaled.refused);
      this.parts.daemon.scaleRefused(scaled.refused);
      return;
    }
    this.parts.daemon.scaled(this.population.words);
    this.log(LEVEL.notice, scaled.line);
    await this.populate();
  }

  /** The children that this program has started. */
  get own(): Child[] {
    return [...this.children].filter(({ generation }) => generation === undefined);
  }

  /** Signals a child so that it leaves. */
  dismiss(child: Child, signal: "HUP" | "TERM" | "KILL"): void {
    child.dismissed = true;
    child.told = signal;
    this.log(LEVEL.debug, `Kill ${signal} pid ${child.pid}`);
    sendSignal(child.pid, signal);
  }

  /** Passes a signal on to all children (`sig_passthrough`). */
  passOn(signal: string): void {
    for (const pid of this.children.pids) {
      this.log(LEVEL.debug, `signaling ${pid} with ${signal}`);
      if (!sendSignal(pid, signal)) this.log(LEVEL.warning, `child ${pid} not signaled with ${signal}`);
    }
  }

  /** Hears what children say. */
  async hear(relay: Relay): Promise<void> {
    await relay.take((message) =>
      this.callHook("childIsTalking", (hooks) => hooks.childIsTalking?.(this.parts.server, message))
    );
  }

  /** Hears what children say, and takes those that have ended out of the table. */
  async reapEnded(): Promise<void> {
    // What a child said or printed before its end is heard before that.
    this.outputs.take();
    await this.old.hear();
    if (this.relay !== undefined) await this.hear(this.relay);
    let diedAtBirth = 0;
    for (const { slot } of this.children) if (slot.takeStopAsked()) this.inbox.push("stop");
    for (const ending of this.children.takeEndings()) {
      if (await this.#takeOut(this.children.get(ending.pid) as Child, ending)) diedAtBirth++;
    }
    for (const ending of this.#otherEndings()) {
      const child = this.children.get(ending.pid);
      // One of its own may have ended since it was looked for above.
      if (child !== undefined && await this.#takeOut(child, ending)) diedAtBirth++;
      if (child !== undefined || this.isAwaited(ending.pid)) continue;
      await this.callHook("otherChildDied", (hooks) => hooks.otherChildDied?.(this.parts.server, ending.pid));
    }
    if (diedAtBirth > 0) {
      this.#starter.diedAtBirth(diedAtBirth);
      this.old.newOnesFail();
    }
    this.#comingUp.look({ diedAtBirth });
  }

  /** Takes a child that has ended out of the table. Returns whether it failed to start. */
  async #takeOut(child: Child, ending: Ending): Promise<boolean> {
    const verdict = meaningOf(ending, {
      state: child.slot.state,
      inStateMs: Date.now() - child.slot.changed,
      requests: child.slot.requests,
      dismissed: child.dismissed === true,
    });
    this.log(verdict.level, verdict.text);
    this.#remove(child, deathOf(ending, child.told));
    if (verdict.abnormal && child.dismissed !== true) await this.#cleanUpAfter(ending.pid);
    // What ends one of the program before the restart says nothing of the present one.
    if (!verdict.atBirth || child.generation !== undefined) return false;
    return !verdict.fromOutside || this.#starter.killedAtBirth();
  }

  /**
   * Processes that the program or its hooks started by other means (Net::Server's `other_child_died_hook`). The first
   * process of a container also gets all those whose parents have ended, and no other process reaps them.
   */
  *#otherEndings(): Generator<Ending> {
    const { handler, server } = this.parts;
    if (handler.hooks?.otherChildDied === undefined && server.pid !== 1) return;
    for (let ending = reap(-1); ending !== undefined; ending = reap(-1)) yield ending;
  }

  #remove({ pid, slot, slotIndex, generation }: Child, death: Death): void {
    this.children.remove(pid);
    this.parts.daemon.totals.childEnded(slot, death, () => {
      if (generation !== undefined) return generation.ended(slot);
      this.population.ended?.(slot);
      const { token } = slot;
      this.#scoreboard.release(slotIndex);
      this.parts.serializer.afterDeath(token);
    });
  }

  /** Looks whether each child is there (`check_for_dead`). */
  async checkForDead(): Promise<void> {
    for (const child of [...this.children]) {
      if (processExists(child.pid)) continue;
      this.#remove(child, "unknown");
      await this.#cleanUpAfter(child.pid);
    }
  }

  async #cleanUpAfter(pid: number): Promise<void> {
    await this.callHook("cleanupDeadChild", (hooks) => hooks.cleanupDeadChild?.(this.parts.server, pid));
  }

  /** Brings the number of children to what it shall be. */
  async populate(): Promise<void> {
    const members = this.own.map((child): Member => ({
      pid: child.pid,
      kind: child.kind,
      after: child.after,
      successor: child.successor,
      retiring: child.slot.retiring,
      dismissed: child.dismissed === true,
      slot: child.slot,
    }));
    const { start, successorsFor, dismiss } = this.population.measures(members);
    for (const pid of dismiss) this.dismiss(this.children.get(pid) as Child, "HUP");
    const wanted = successorsFor.length + start;
    const allowed = this.#starter.allowed(wanted);
    const announce = allowed < wanted || this.old.areNeeded;
    for (const pid of successorsFor.slice(0, allowed)) await this.#start("server", { after: pid, announce });
    const now = Math.min(start, Math.max(0, allowed - successorsFor.length));
    if (start > 0) await this.#runNChildren(now, { of: start, announce });
    this.#heldBack = start - now;
  }

  /** Starts `n` children, of a group of which some may have been started before and some will be later. */
  async #runNChildren(n: number, group: { of: number; announce: boolean }): Promise<void> {
    const newcomers = group.of - this.#heldBack;
    if (newcomers > 0) {
      await this.callHook("runNChildren", (hooks) => hooks.runNChildren?.(this.parts.server));
      this.log(LEVEL.info, `Starting "${newcomers}" children`);
    }
    for (let i = 0; i < n; i++) await this.#start("server", group);
  }

  /** Starts a process that works off the queue. */
  async runDequeue(): Promise<void> {
    await this.#start("dequeue");
  }

  async #start(kind: ChildKind, options?: StartOptions): Promise<void> {
    await this.callHook("preFork", (hooks) => hooks.preFork?.(this.parts.server, kind));
    const announce = options?.announce === true || this.#comingUp.isAwaited;
    this.#starter.start(kind, { ...options, announce });
  }

  /** Says so if all children have been busy for a while, with clients waiting. */
  watchBusy(now: number): void {
    const line = busyLine(this, this.#busy, now);
    if (line !== undefined) this.log(LEVEL.notice, line);
  }

  /** How many dequeue processes there are. */
  get dequeueCount(): number {
    return [...this.children].filter(({ kind }) => kind === "dequeue").length;
  }

  /** When to look again without being woken, by `performance.now`. */
  get nextLook(): number {
    const looks = [this.population.nextLook?.(performance.now()), this.#starter.pauseEnds, this.old.nextLook];
    return Math.min(this.#busy.nextLook, this.#comingUp.nextLook, ...looks.map((look) => look ?? Infinity));
  }
}
