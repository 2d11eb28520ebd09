/**
 * Section "memory": what idle children hold, against as many bare runtimes.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { type Bench, messageOf } from "./context.ts";
import { goalOf, judge, MEMORY_TO_BARE } from "./goals.ts";
import { descendants, pssKib } from "./proc.ts";
import { Processes } from "./process.ts";
import { childrenReady, type Contestant, startServer } from "./servers.ts";
import type { Row, Section } from "./table.ts";

const CHILDREN = 50;
const SETTLE = { everyMs: 250, within: 0.01, times: 3, deadlineMs: 10_000 } as const;

/** Measures one contestant after another, each beside its bare runtime but never at the same time as it. */
export async function memory({ contestants, interrupted }: Bench): Promise<Section> {
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const contestant of contestants) {
    try {
      rows.push(await weigh(contestant, interrupted));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return {
    title: `Memory: ${CHILDREN} idle children`,
    note:
      "Sum of Pss in /proc/PID/smaps_rollup over all that descend from the parent, once it has settled; bare is " +
      `${CHILDREN} × a script that only waits.`,
    rows,
    failures,
  };
}

async function weigh(contestant: Contestant, interrupted: AbortSignal): Promise<Row> {
  const own = await ofChildren(contestant, interrupted);
  const bare = await ofBare(contestant, interrupted);
  return {
    "server": contestant.name,
    "processes": `${own.processes}`,
    "children MiB": own.children / 1024,
    "one child MiB": own.children / own.processes / 1024,
    "parent MiB": own.parent / 1024,
    "bare MiB": bare && bare / 1024,
    "children ÷ bare": bare && judge(own.children / bare, goalOf(MEMORY_TO_BARE, contestant.runtime)),
  };
}

async function ofChildren(
  contestant: Contestant,
  interrupted: AbortSignal,
): Promise<{ processes: number; children: number; parent: number }> {
  await using processes = new Processes(interrupted);
  const { process } = await startServer(processes, contestant, { children: CHILDREN, announce: true });
  await childrenReady(process, CHILDREN);
  const children = await settled(() => descendants(process.pid).map(({ pid }) => pid));
  return { processes: descendants(process.pid).length, children, parent: pssKib(process.pid) };
}

async function ofBare({ bare }: Contestant, interrupted: AbortSignal): Promise<number | undefined> {
  if (!bare) return undefined;
  await using processes = new Processes(interrupted);
  const idlers = Array.from({ length: CHILDREN }, () => processes.start(bare.idle));
  await Promise.all(idlers.map((idler) => idler.line(/^ready$/)));
  return await settled(() => idlers.map(({ pid }) => pid));
}

/**
 * The sum over `pids`, in KiB, once it moves by less than a percent: runtimes give memory back some time after they
 * have started. What it is at the deadline counts if it never rests.
 */
async function settled(pids: () => number[]): Promise<number> {
  const sum = () => pids().reduce((total, pid) => total + pssKib(pid), 0);
  const deadline = performance.now() + SETTLE.deadlineMs;
  let [last, calm] = [sum(), 0];
  while (calm < SETTLE.times && performance.now() < deadline) {
    await pause(SETTLE.everyMs);
    const next = sum();
    calm = Math.abs(next - last) <= last * SETTLE.within ? calm + 1 : 0;
    last = next;
  }
  return last;
}
