/**
 * Section "many_clients": children that serve several clients at once, against the runtime's own `node:net` in one
 * process and in `node:cluster`.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "./build.ts";
import { type Bench, messageOf } from "./context.ts";
import { judge, MANY_CLIENTS_TO_CLUSTER } from "./goals.ts";
import { type LoadResult, measure } from "./load.ts";
import { descendants, pssKib } from "./proc.ts";
import { type Command, type Process, Processes } from "./process.ts";
import type { Contestant } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";

/** Clients that are there at any time. */
const CLIENTS = 256;
/** Processes that serve, so that there is one for each core of the machine that the goals were set for. */
const PROCESSES = 2;
const MAX_CLIENTS = [1, 16, 256] as const;

interface Runner {
  readonly contestant: { readonly name: string; readonly runtime: "deno" | "bun" };
  /** What it is measured against: the same in `node:cluster`. */
  readonly rival: string;
  /** Whether the goal is its own. */
  readonly hasGoal: boolean;
  readonly process: Process;
  readonly port: number;
}

/** Measures all of one runtime side by side, then those of the other. */
export async function manyClients({ load, contestants, quick, interrupted }: Bench): Promise<Section> {
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 0.5, clients: CLIENTS }
    : { rounds: 3, seconds: 3, warmupSeconds: 2, clients: CLIENTS };
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const contestant of contestants) {
    if (contestant.bare === undefined || contestant.name.endsWith("-exe")) continue;
    await using processes = new Processes(interrupted);
    const runners = await startAll(processes, contestant, failures);
    const { results, failures: dropped } = await measure(load, runners, rounds);
    failures.push(...dropped);
    const rates = (own: readonly LoadResult[]) => own.map(({ perSecond }) => perSecond);
    const cluster = [...results].find(([runner]) => runner.contestant.name === runner.rival)?.[1];
    for (const [runner, own] of results) {
      const ratio = cluster && cluster !== own ? medianRatio(rates(own), rates(cluster)) : undefined;
      const pids = [runner.process.pid, ...descendants(runner.process.pid).map(({ pid }) => pid)];
      rows.push({
        "server": runner.contestant.name,
        "conn/s": median(rates(own)),
        "p50 µs": median(own.map((r) => r.p50Us)),
        "p99 µs": median(own.map((r) => r.p99Us)),
        "all MiB": pids.reduce((sum, pid) => sum + pssKib(pid), 0) / 1024,
        "× cluster": ratio && judge(ratio, runner.hasGoal ? MANY_CLIENTS_TO_CLUSTER : undefined),
      });
    }
  }
  return {
    title: `Several clients at once: ${PROCESSES} children, ${CLIENTS} clients`,
    note:
      `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns. net is node:net in one process, cluster is ` +
      `node:cluster with ${PROCESSES} workers; memory is the sum of Pss over parent and children, after the load.`,
    rows,
    failures,
  };
}

async function startAll(
  processes: Processes,
  contestant: Contestant,
  failures: string[],
): Promise<Runner[]> {
  const runtime = contestant.runtime as "deno" | "bun";
  const script = join(ROOT, "scripts", "bench", "bare", "net_server.js");
  const [program, ...words] = contestant.bare?.idle.slice(0, -1) as unknown as Command;
  const own = (workers: number): Command => [program, ...words, script, `${workers}`];
  const tine = (maxClients: number): Command => [
    ...contestant.command({
      children: PROCESSES,
      personality: "PreForkSimple",
      serializer: "none",
      announce: false,
    }),
    ...["--max_clients", `${maxClients}`],
  ];
  const rival = `${runtime}, cluster`;
  const commands: [name: string, command: Command][] = [
    [`${runtime}, net`, own(0)],
    [rival, own(PROCESSES)],
    ...MAX_CLIENTS.map((n): [string, Command] => [`${runtime}, max_clients ${n}`, tine(n)]),
  ];
  const runners: Runner[] = [];
  for (const [name, command] of commands) {
    try {
      const process = processes.start(command);
      const [, port] = await process.line(/Bound to auto-assigned port (\d+)/);
      const hasGoal = name.endsWith(` max_clients ${Math.max(...MAX_CLIENTS)}`);
      runners.push({ contestant: { name, runtime }, rival, hasGoal, process, port: Number(port) });
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return runners;
}
