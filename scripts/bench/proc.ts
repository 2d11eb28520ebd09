/**
 * What Linux tells about processes under `/proc` (see proc(5)).
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** One process. The start time tells it from a later one that was given the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
}

/** All that descend from `pid`, without `pid` itself: children, their helpers, and so on down. */
export function descendants(pid: number): ProcessId[] {
  const byParent = new Map<number, ProcessId[]>();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat === undefined || stat.state === "Z") continue;
    const siblings = byParent.get(stat.parent);
    if (siblings) siblings.push(stat);
    else byParent.set(stat.parent, [stat]);
  }
  const found: ProcessId[] = [];
  const queue = [pid];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const child of byParent.get(parent) ?? []) {
      found.push({ pid: child.pid, startTicks: child.startTicks });
      queue.push(child.pid);
    }
  }
  return found;
}

/** Whether that very process still runs. A zombie does not. */
export function isAlive({ pid, startTicks }: ProcessId): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.state !== "Z" && stat.startTicks === startTicks;
}

/** Sends SIGKILL to that very process; that it has gone by then is fine. */
export function killForCertain(target: ProcessId): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, "SIGKILL");
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}

/**
 * The proportional set size: pages of its own, and its share of those that it shares.
 *
 * @returns KiB; 0 for a process that has gone.
 */
export function pssKib(pid: number): number {
  const text = read(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB/m.exec(text ?? "")?.[1] ?? 0);
}

/** The processor time that these processes have used, in clock ticks; those that have gone count for nothing. */
export function cpuTicks(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const text = read(`/proc/${pid}/stat`) ?? "";
    const [user, system] = text.slice(text.lastIndexOf(")") + 2).split(" ").slice(11, 13);
    return sum + Number(user ?? 0) + Number(system ?? 0);
  }, 0);
}

function readStat(pid: number): (ProcessId & { parent: number; state: string }) | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the command's name in parentheses, and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, state: fields[0] ?? "", parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** A process may end between being listed and being read: that is no error here. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
