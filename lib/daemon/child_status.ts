/**
 * A server's children, from the scoreboard that they write to and from /proc.
 *
 * @module
 */

import { formatAddress, formatIPv6 } from "../os/sockaddr.ts";
import { childrenOf, type MemoryKind, memoryOf, useOf } from "../os/process_state.ts";
import { SLOT_SIZE } from "../scoreboard/layout.ts";
import { Slot } from "../scoreboard/scoreboard.ts";
import { MOST_SLOTS, readMemory, type ScoreboardPlace } from "./status_file.ts";

/** How many children are in each state. */
export interface ChildCounts {
  /** The program is being loaded. */
  readonly starting: number;
  /** It is ready, and waits for the end of the child whose place it takes. */
  readonly standby: number;
  /** It waits for a client. */
  readonly waiting: number;
  /** It has a client, or several. */
  readonly serving: number;
  /** It is about to exit. */
  readonly leaving: number;
  /** It runs the hook `runDequeue`. */
  readonly dequeue: number;
}

/** A child. */
export interface ChildStatus {
  /** Its process ID. */
  readonly pid: number;
  /** What it does; null where the scoreboard cannot be seen. */
  readonly state: keyof ChildCounts | null;
  /**
   * The address of the client that it serves; null while it serves none, and for a Unix socket, for datagrams, and for a
   * child that serves several at once (`max_clients`).
   */
  readonly client: string | null;
  /** Clients accepted. */
  readonly clients: number | null;
  /** How many of them were denied. */
  readonly denied: number | null;
  /** When it was started, in milliseconds since 1970. */
  readonly startedMs: number | null;
  /** When its state last changed, in milliseconds since 1970. */
  readonly changedMs: number | null;
  /** Processor time of all its threads, in milliseconds. */
  readonly cpuMs: number | null;
  /** Its memory, in bytes. */
  readonly memoryBytes: number | null;
  /** How that is counted: `pss` shares what processes have in common, `rss` counts it for each of them. */
  readonly memoryKind: MemoryKind | null;
}

/** What the scoreboard tells of a child. */
export interface SlotStatus extends Pick<ChildStatus, "pid" | "client" | "startedMs" | "changedMs"> {
  readonly state: keyof ChildCounts;
  readonly clients: number;
  readonly denied: number;
}

/** A time of another process, which may be anybody's. */
function time(ms: number): number | null {
  return ms > 0 && ms < 8.64e15 ? ms : null; // the last that a Date can be
}

function clientOf(slot: Slot): string | null {
  const { peer, state } = slot;
  if (peer === undefined || state !== "serving") return null;
  const bytes = new Uint8Array(peer.words.buffer);
  const hostname = peer.family === 4 ? bytes.subarray(0, 4).join(".") : formatIPv6(bytes);
  return formatAddress({ transport: "tcp", hostname, port: peer.port });
}

/** What the scoreboards of server `pid` tell, as they are at this moment. One that cannot be read has nothing to tell. */
export function readSlots(pid: number, scoreboards: readonly ScoreboardPlace[]): SlotStatus[] {
  const found: SlotStatus[] = [];
  let left = MOST_SLOTS;
  for (const { fd, capacity } of scoreboards) {
    left -= capacity;
    if (left < 0) break; // no server of Tine's has as many
    const bytes = readMemory(`/proc/${pid}/fd/${fd}`, (capacity + 1) * SLOT_SIZE);
    if (bytes === undefined) continue;
    // The first slot is no child's.
    for (let i = 1; i <= capacity && (i + 1) * SLOT_SIZE <= bytes.length; i++) {
      const slot = new Slot(bytes.buffer, i);
      const { state } = slot;
      // Its number is there as soon as it is known.
      if (state === "free" || slot.pid <= 0) continue;
      found.push({
        pid: slot.pid,
        state,
        client: clientOf(slot),
        clients: Math.max(0, slot.requests),
        denied: Math.max(0, slot.denied),
        startedMs: time(slot.started),
        changedMs: time(slot.changed),
      });
    }
  }
  return found;
}

/** A child with what it has used, which /proc tells. */
function withUse(
  child: Omit<ChildStatus, "cpuMs" | "memoryBytes" | "memoryKind">,
  parent: number,
  memoryKind: MemoryKind,
): ChildStatus {
  const use = useOf(child.pid);
  // Another process may have its number by now.
  const isThere = use?.parent === parent;
  const memory = isThere ? memoryOf(child.pid, memoryKind) : undefined;
  return {
    ...child,
    cpuMs: isThere ? use.cpuMs : null,
    memoryBytes: memory?.bytes ?? null,
    memoryKind: memory?.kind ?? null,
  };
}

/** The children of server `parent` that its scoreboards tell of. */
export function childStatus(
  parent: number,
  slots: readonly SlotStatus[],
  memoryKind: MemoryKind,
): ChildStatus[] {
  return slots.map((slot) => withUse(slot, parent, memoryKind));
}

/** The children of server `parent`, whose scoreboards cannot be seen. */
export function unseenChildren(parent: number, memoryKind: MemoryKind): ChildStatus[] {
  const unknown = {
    state: null,
    client: null,
    clients: null,
    denied: null,
    startedMs: null,
    changedMs: null,
  };
  return childrenOf(parent).map((pid) => withUse({ pid, ...unknown }, parent, memoryKind));
}
