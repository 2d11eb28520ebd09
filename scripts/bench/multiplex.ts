/**
 * Section "multiplex": one process that serves many clients at once, against Perl's Net::Server::Multiplex.
 *
 * @module
 */

import { type Bench, startEach } from "./context.ts";
import { judge, MULTIPLEX_TO_PERL } from "./goals.ts";
import { CLIENTS, measure } from "./load.ts";
import { Processes } from "./process.ts";
import type { Contestant } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";

/** Measures all that have a Multiplex side by side: all are up at once, and take turns under load. */
export async function multiplex({ load, contestants, quick, interrupted }: Bench): Promise<Section> {
  await using processes = new Processes(interrupted);
  const failures: string[] = [];
  const able = contestants.flatMap((contestant): Contestant[] => {
    const { multiplex } = contestant;
    return multiplex === undefined ? [] : [{ ...contestant, command: () => multiplex }];
  });
  const servers = await startEach(processes, able, { children: 0 }, failures);
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 0.5 }
    : { rounds: 3, seconds: 2, warmupSeconds: 1 };
  const measured = await measure(load, servers, rounds);
  const perl = [...measured.results].find(([{ contestant }]) => contestant.name === "perl")?.[1];
  const rows = [...measured.results].map(([{ contestant }, own]): Row => {
    const ratio = perl !== undefined && perl !== own
      ? medianRatio(own.map((r) => r.perSecond), perl.map((r) => r.perSecond))
      : undefined;
    return {
      "server": contestant.name,
      "conn/s": median(own.map((r) => r.perSecond)),
      "p50 µs": median(own.map((r) => r.p50Us)),
      "p99 µs": median(own.map((r) => r.p99Us)),
      "× Perl": ratio && judge(ratio, contestant.runtime && MULTIPLEX_TO_PERL),
    };
  });
  return {
    title: `Multiplex: one process, ${CLIENTS} clients`,
    note: `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns. Perl is Net::Server::Multiplex.`,
    rows,
    failures: [...failures, ...measured.failures],
  };
}
