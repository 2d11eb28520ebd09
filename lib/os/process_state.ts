/**
 * What the system tells of a process in /proc/PID/stat (proc(5)).
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { processExists } from "./process.ts";

/** The fields behind the name of the program, the first of which is the state; none where the system does not tell. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** Whether a process exists and has not ended: whose child it is may take its ending much later, or never. */
export function isRunning(pid: number): boolean {
  if (!processExists(pid)) return false;
  const [state = ""] = statOf(pid);
  return state !== "Z" && state !== "X";
}

/** When a process was started, in milliseconds since 1970; undefined where the system does not tell. */
export function startOf(pid: number): number | undefined {
  const ticks = Number(statOf(pid)[19]);
  try {
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
    const start = (boot + ticks / 100) * 1000; // USER_HZ is 100 on every architecture
    return Number.isNaN(start) ? undefined : start;
  } catch {
    return undefined;
  }
}

/** What a process has used. */
export interface ProcessUse {
  /** Whose child it is. */
  readonly parent: number;
  /** Processor time of all its threads, in milliseconds. */
  readonly cpuMs: number;
}

/** What a process has used so far; undefined where the system does not tell, or it has ended. */
export function useOf(pid: number): ProcessUse | undefined {
  const fields = statOf(pid);
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
  if (parent === undefined || user === undefined || system === undefined) return undefined;
  if (Number.isNaN(parent + user + system) || fields[0] === "Z") return undefined;
  return { parent, cpuMs: (user + system) * 10 }; // USER_HZ is 100 on every architecture
}

function field(path: string, name: string): number | undefined {
  try {
    const value = Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(path, "utf8"))?.[1]);
    return Number.isNaN(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/**
 * How memory is counted. `pss`: the process's own pages, and its share of those that it has in common with others: what
 * all of them have is the sum. `rss`: all of its pages, those in common counted whole.
 */
export type MemoryKind = "pss" | "rss";

/** The memory of a process, in bytes. */
export interface ProcessMemory {
  readonly bytes: number;
  readonly kind: MemoryKind;
}

/** The memory that a process has; undefined where the system does not tell. The kernel counts long for `pss`. */
export function memoryOf(pid: number, kind: MemoryKind): ProcessMemory | undefined {
  const pss = kind === "pss" ? field(`/proc/${pid}/smaps_rollup`, "Pss") : undefined; // Linux 4.14
  if (pss !== undefined) return { bytes: pss * 1024, kind: "pss" };
  const rss = field(`/proc/${pid}/status`, "VmRSS");
  return rss === undefined ? undefined : { bytes: rss * 1024, kind: "rss" };
}

/** The effective user of a process, by number; undefined where the system does not tell. */
export function userOf(pid: number): number | undefined {
  try {
    const uid = /^Uid:\t\d+\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return uid === undefined ? undefined : Number(uid);
  } catch {
    return undefined;
  }
}

/** The processes whose parent is `parent`, those apart that have ended. None where the system does not tell. */
export function childrenOf(parent: number): number[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      const [state, ppid] = statOf(pid);
      return Number(ppid) === parent && state !== "Z";
    });
  } catch {
    return []; // no /proc
  }
}
