/**
 * All that can be seen of a running server, by itself or from another process: docs/STATUS.md. It is read from the
 * server's shared memory and from /proc; nothing is asked of the server, and its children do not notice.
 *
 * @module
 */

import { reader } from "../os/open_file.ts";
import { isRunning, type MemoryKind, memoryOf, useOf, userOf } from "../os/process_state.ts";
import { findUser } from "../os/user.ts";
import { pollHere, POLLIN } from "../os/wait.ts";
import { STATES } from "../scoreboard/layout.ts";
import {
  type ChildCounts,
  type ChildStatus,
  childStatus,
  readSlots,
  type SlotStatus,
  unseenChildren,
} from "./child_status.ts";
import { type ListenerStatus, listenerStatus } from "./listener_status.ts";
import { findStatusFile, type PublishedStatus, readStatusAndTotals } from "./status_file.ts";
import type { Counts, Deaths } from "./totals.ts";

export type { ChildCounts, ChildStatus, Deaths, ListenerStatus, MemoryKind };

/** What is counted since the server was started, over reloads; present and former children together. */
export interface ServerTotals {
  /** Clients accepted. */
  readonly clients: number;
  /** How many of them were denied, by rules or by the hook `allowDeny`. */
  readonly denied: number;
  /** How many children have ended, by reason. */
  readonly deaths: Deaths;
  /** Reloads that are complete. */
  readonly reloads: number;
  /** Reloads that were refused, or came to nothing. */
  readonly reloadsRefused: number;
}

/**
 * A running server, at one moment. What cannot be read, for want of a right or because the system does not tell, is
 * null. Times are in milliseconds since 1970, spans in milliseconds, memory in bytes.
 */
export interface ServerStatus {
  /** A server that does not run has no status. */
  readonly running: true;
  /** Whether clients are served: at least one child waits for a client or has one. */
  readonly ready: boolean | null;
  /** When all of this was so. */
  readonly takenMs: number;
  /** What it is called in `ps`. */
  readonly name: string | null;
  /** How its processes share the work, such as `PreFork`. */
  readonly personality: string | null;
  /** Tine's version. */
  readonly version: string | null;
  /** The runtime's name and version, such as `deno 2.9.6`. */
  readonly runtime: string | null;
  /** The parent's process ID. */
  readonly pid: number;
  /** The parent's user, by name, or by number where it has none. */
  readonly user: string | null;
  /** When it was first started. */
  readonly startedMs: number | null;
  /** When the configuration in force was read. */
  readonly configuredMs: number | null;
  /** Who serves, in words: how many children there shall be. */
  readonly servedBy: string | null;
  /** In the order of the configuration; at most 201 are told of one by one. */
  readonly listeners: readonly ListenerStatus[] | null;
  /** Null also for a server without children. */
  readonly states: ChildCounts | null;
  /** Counts since the first start. */
  readonly totals: ServerTotals | null;
  /** Why the last reload was refused; null if it was not. */
  readonly lastRefusal: string | null;
  /** Processor time of the parent. */
  readonly cpuMs: number | null;
  /** Memory of the parent. */
  readonly memoryBytes: number | null;
  /** How that is counted. */
  readonly memoryKind: MemoryKind | null;
  /** The children that the scoreboard tells of, those from before a reload behind the others. */
  readonly children: readonly ChildStatus[];
}

/** A server that a status can be read of: a process ID, or what was found by a pid file. */
export type Readable = number | { readonly pid: number; readonly statusFile: string | undefined };

/** How a status is read. */
export interface ReadStatusOptions {
  /** How memory is counted. `rss` is quick, and counts more than there is. @default "pss" */
  readonly memory?: MemoryKind | undefined;
}

/** What the server and its children tell at one moment. */
interface Sight {
  readonly published: PublishedStatus;
  readonly counts: Counts | undefined;
  readonly slots: readonly SlotStatus[];
}

/** How often is looked for a moment in which no child is being taken out of the scoreboard. */
const LOOKS = 100;
/** So many come one right after the other. A parent that the system has stopped in the middle needs time to go on. */
const QUICK_LOOKS = 10;

function look(pid: number, statusFile: string): Sight | undefined {
  let last: Sight | undefined;
  for (let i = 0; i < LOOKS; i++) {
    const before = readStatusAndTotals(statusFile);
    if (before === undefined) return undefined;
    const { status: published, totals } = before;
    if (published === undefined) continue;
    const { scoreboard, oldScoreboards = [] } = published;
    const slots = readSlots(pid, [...scoreboard === undefined ? [] : [scoreboard], ...oldScoreboards]);
    last = { published, counts: totals?.counts, slots };
    const after = readStatusAndTotals(statusFile);
    if (totals === undefined) return last;
    if (totals.sequence % 2 === 0 && totals.sequence === after?.totals?.sequence) return last;
    if (i >= QUICK_LOOKS) pollHere(-1, POLLIN, 1);
  }
  return last; // children end faster than one can look
}

/** How often, and after how many milliseconds, is looked again at a server that cannot be seen at this moment. */
const TRIES = 40;
const PAUSE_MS = 5;

/** Whether the system shows a process to this one, by rule. */
function mayBeSeen(pid: number): boolean {
  return isRunning(pid) && (reader() === 0 || reader() === userOf(pid));
}

/** What a server tells; undefined if it never does. While it replaces itself (execve(2)), it shows nothing for a moment. */
function lookAgain(
  pid: number,
  find: () => string | undefined,
): { readonly statusFile: string | undefined; readonly sight: Sight | undefined } {
  for (let i = 0;; i++) {
    const statusFile = find();
    const sight = statusFile === undefined ? undefined : look(pid, statusFile);
    if (sight !== undefined || !mayBeSeen(pid) || i === TRIES) return { statusFile, sight };
    pollHere(-1, POLLIN, PAUSE_MS);
  }
}

function countStates(slots: readonly SlotStatus[]): ChildCounts {
  const counts = Object.fromEntries(STATES.filter((state) => state !== "free").map((state) => [state, 0]));
  for (const { state } of slots) counts[state] = (counts[state] ?? 0) + 1;
  return counts as unknown as ChildCounts;
}

function totalsOf({ published, counts, slots }: Sight): ServerTotals | null {
  if (counts === undefined) return null;
  const sum = (key: "clients" | "denied") => slots.reduce((all, slot) => all + slot[key], counts[key]);
  const { reloads, reloadsRefused } = published;
  return { clients: sum("clients"), denied: sum("denied"), deaths: counts.deaths, reloads, reloadsRefused };
}

function userName(pid: number): string | null {
  const uid = userOf(pid);
  return uid === undefined ? null : findUser(uid)?.name ?? String(uid);
}

/** Every key in its order, with nothing known. */
const NOTHING: ServerStatus = {
  running: true,
  ready: null,
  takenMs: 0,
  name: null,
  personality: null,
  version: null,
  runtime: null,
  pid: 0,
  user: null,
  startedMs: null,
  configuredMs: null,
  servedBy: null,
  listeners: null,
  states: null,
  totals: null,
  lastRefusal: null,
  cpuMs: null,
  memoryBytes: null,
  memoryKind: null,
  children: [],
};

/** What everybody may see of a process. */
function processPart(pid: number, kind: MemoryKind) {
  const memory = memoryOf(pid, kind);
  return {
    takenMs: Date.now(),
    pid,
    user: userName(pid),
    cpuMs: useOf(pid)?.cpuMs ?? null,
    memoryBytes: memory?.bytes ?? null,
    memoryKind: memory?.kind ?? null,
  };
}

/** What the server tells of itself. */
function toldPart(pid: number, sight: Sight) {
  const { published, slots } = sight;
  const hasChildren = published.scoreboard !== undefined;
  return {
    ready: !hasChildren || slots.some(({ state }) => state === "waiting" || state === "serving"),
    name: published.name ?? null,
    personality: published.personality,
    version: published.version,
    runtime: published.runtime,
    startedMs: published.startedMs,
    configuredMs: published.configuredMs,
    servedBy: published.how,
    listeners: listenerStatus(pid, published),
    states: hasChildren ? countStates(slots) : null,
    totals: totalsOf(sight),
    lastRefusal: published.reloadError ?? null,
  };
}

/**
 * The status of a server that runs.
 *
 * @param server Its process ID, this process's own included, or the server as it was found.
 */
export function readServerStatus(
  server: Readable,
  { memory = "pss" }: ReadStatusOptions = {},
): ServerStatus {
  const pid = typeof server === "number" ? server : server.pid;
  const find = () => typeof server === "number" ? findStatusFile(pid) : server.statusFile;
  const { statusFile, sight } = lookAgain(pid, find);
  const base = { ...NOTHING, ...processPart(pid, memory) };
  if (sight === undefined) {
    // It may be seen, but has nothing to tell as long as it does not listen.
    const ready = statusFile === undefined ? null : false;
    return { ...base, ready, children: unseenChildren(pid, memory) };
  }
  return { ...base, ...toldPart(pid, sight), children: childStatus(pid, sight.slots, memory) };
}
