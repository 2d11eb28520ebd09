/**
 * Finds processes in /proc again and again, as tests do that wait for some, without reading what everybody else's is.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

/** Fields of /proc/PID/stat. */
export interface ProcessStat {
  readonly pid: number;
  /** `R` runs, `S` sleeps, `Z` has ended and awaits its parent. */
  readonly state: string;
  readonly ppid: number;
  readonly group: number;
  readonly session: number;
}

/** The fields of a process, or of one of its threads; undefined if it has gone. */
export function readStat(pid: number, task?: number): ProcessStat | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}${task === undefined ? "" : `/task/${task}`}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const [state = "", ppid, group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, state, ppid: Number(ppid), group: Number(group), session: Number(session) };
}

/** Whether a process has ended, although its parent has not asked for its status yet. */
export function hasEnded({ state }: ProcessStat): boolean {
  return state === "Z" || state === "X";
}

/** The processes of one kind. */
export class ProcessFinder {
  readonly #isWanted: (stat: ProcessStat) => boolean;
  /** Those that are not wanted, for as long as they are there. */
  readonly #others = new Set<number>();

  /**
   * @param isWanted Goes by what a process is born with, its parent and its session: whom it refuses once is not asked
   * about again.
   */
  constructor(isWanted: (stat: ProcessStat) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Those that run now. */
  find(): ProcessStat[] {
    const found: ProcessStat[] = [];
    const pids = new Set(readdirSync("/proc").map(Number).filter((pid) => pid > 0));
    // The number of one that has gone may be given to one that is wanted.
    for (const pid of this.#others) if (!pids.has(pid)) this.#others.delete(pid);
    for (const pid of pids) {
      const stat = this.#others.has(pid) ? undefined : readStat(pid);
      if (stat === undefined) continue;
      if (!this.#isWanted(stat)) this.#others.add(pid);
      else if (!hasEnded(stat)) found.push(stat);
    }
    return found;
  }
}
