/**
 * Section "throughput": connections per second and latency, against Perl's Net::Server and a C program.
 *
 * @module
 */

import { type Bench, startEach } from "./context.ts";
import { goalOf, judge, P99_TO_C, RATE_TO_C, RATE_TO_PERL } from "./goals.ts";
import { CLIENTS, type LoadResult, measure } from "./load.ts";
import { Processes } from "./process.ts";
import type { ServerName } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";

const CHILDREN = 8;
/** A load generator that is busier than this may be what limits the fastest server. */
const BUSY = 0.97;

/** Measures all contestants side by side: all are up at once, and take turns under load. */
export async function throughput({ load, contestants, quick, interrupted }: Bench): Promise<Section> {
  await using processes = new Processes(interrupted);
  const failures: string[] = [];
  const servers = await startEach(processes, contestants, { children: CHILDREN }, failures);
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 0.5 }
    : { rounds: 3, seconds: 3, warmupSeconds: 1 };
  const measured = await measure(load, servers, rounds);
  const byName = new Map<ServerName, readonly LoadResult[]>();
  for (const [server, results] of measured.results) byName.set(server.contestant.name, results);
  const row = (name: ServerName, runtime: "deno" | "bun" | undefined, own: readonly LoadResult[]): Row => {
    const against = (other: ServerName, figure: keyof LoadResult) => {
      const others = other === name ? undefined : byName.get(other);
      return others && medianRatio(own.map((r) => r[figure]), others.map((r) => r[figure]));
    };
    const toPerl = against("perl", "perSecond");
    const toC = against("c", "perSecond");
    const p99ToC = against("c", "p99Us");
    return {
      "server": name,
      "conn/s": median(own.map((r) => r.perSecond)),
      "p50 µs": median(own.map((r) => r.p50Us)),
      "p99 µs": median(own.map((r) => r.p99Us)),
      "max µs": Math.max(...own.map((r) => r.maxUs)),
      "load busy": median(own.map((r) => r.busy)),
      "× Perl": toPerl && judge(toPerl, goalOf(RATE_TO_PERL, runtime)),
      "× C": toC && judge(toC, goalOf(RATE_TO_C, runtime)),
      "p99 × C": p99ToC && judge(p99ToC, goalOf(P99_TO_C, runtime)),
    };
  };
  const rows = [...measured.results].map(([{ contestant }, own]) =>
    row(contestant.name, contestant.runtime, own)
  );
  const limited = [...byName].filter(([, own]) => median(own.map((r) => r.busy)) >= BUSY).map(([name]) =>
    name
  );
  return {
    title: `Throughput: ${CHILDREN} children, ${CLIENTS} clients`,
    note:
      `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns; ratios are medians of each round's ratio. ` +
      "Perl is Net::Server::PreForkSimple with serialize none.",
    rows,
    samples: Object.fromEntries(byName),
    failures: [
      ...failures,
      ...measured.failures,
      ...limited.map((name) =>
        `${name} may be faster than shown: the load generator had a whole core and used it`
      ),
    ],
  };
}
