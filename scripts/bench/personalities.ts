/**
 * Sections "prefork" and "fork": connections per second of the personalities whose children come and go, against Perl's.
 *
 * @module
 */

import { compileC } from "./build.ts";
import { type Bench, messageOf, startEach } from "./context.ts";
import { type Goal, goalOf, judge, RATE_TO_PERL } from "./goals.ts";
import { CLIENTS, type LoadResult, measure } from "./load.ts";
import { Processes } from "./process.ts";
import type { PersonalityName } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import { type Runner, tcpserver } from "./super_servers.ts";
import type { Row, Section } from "./table.ts";

/** Net::Server's default for `max_servers`, and Fork's. */
const AT_MOST = { PreFork: 50, Fork: 256, PreForkSimple: 50 } as const;

/** PreFork: children as the clients need them. */
export function prefork(bench: Bench): Promise<Section> {
  return compare(bench, "PreFork", RATE_TO_PERL);
}

/**
 * Fork: a process for each client, beside tcpserver, which starts a small C program for each. What a runtime takes to
 * start bounds it, so there is no goal.
 */
export function fork(bench: Bench): Promise<Section> {
  const { compiler, folder } = bench;
  const start = (processes: Processes) => tcpserver(processes, compileC(compiler, "converse", folder));
  return compare(bench, "Fork", {}, start);
}

async function compare(
  { load, contestants, quick, interrupted }: Bench,
  personality: PersonalityName,
  goals: Readonly<Partial<Record<"deno" | "bun", Goal>>>,
  startAnother?: (processes: Processes) => Promise<Runner>,
): Promise<Section> {
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 1 }
    : { rounds: 3, seconds: 3, warmupSeconds: 2 };
  const failures: string[] = [];
  const byName = new Map<string, readonly LoadResult[]>();
  const rows: Row[] = [];
  // The C program has one personality.
  const rivals = contestants.filter(({ name }) => name !== "c");
  await using processes = new Processes(interrupted);
  const options = { personality, children: AT_MOST[personality] };
  const servers: Runner[] = [...await startEach(processes, rivals, options, failures)];
  try {
    if (startAnother) servers.push(await startAnother(processes));
  } catch (error) {
    failures.push(messageOf(error));
  }
  const measured = await measure(load, servers, rounds);
  for (const [server, results] of measured.results) byName.set(server.contestant.name, results);
  const perl = byName.get("perl");
  for (const [{ contestant }, own] of measured.results) {
    const toPerl = contestant.name === "perl" || perl === undefined
      ? undefined
      : medianRatio(own.map((r) => r.perSecond), perl.map((r) => r.perSecond));
    rows.push({
      "server": contestant.name,
      "conn/s": median(own.map((r) => r.perSecond)),
      "p50 µs": median(own.map((r) => r.p50Us)),
      "p99 µs": median(own.map((r) => r.p99Us)),
      "max µs": Math.max(...own.map((r) => r.maxUs)),
      "× Perl": toPerl && judge(toPerl, goalOf(goals, contestant.runtime)),
    });
  }
  return {
    title: `${personality}: ${CLIENTS} clients, max_servers ${AT_MOST[personality]}`,
    note:
      `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns, beside Perl's Net::Server::${personality}.`,
    rows,
    samples: Object.fromEntries(byName),
    failures: [...failures, ...measured.failures],
  };
}
