/**
 * What the system tells of a process in /proc/PID/stat (proc(5)).
 *
 * @module
 */

import { readFileSync } from "node:fs";
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
