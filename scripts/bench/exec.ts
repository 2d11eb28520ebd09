/**
 * Section "exec": clients per second where a program is run for each client, against tcpserver and xinetd.
 *
 * @module
 */

import { compileC } from "./build.ts";
import { type Bench, messageOf } from "./context.ts";
import { EXEC_TO_TCPSERVER, judge } from "./goals.ts";
import { CLIENTS, type LoadResult, measure } from "./load.ts";
import { type Command, Processes } from "./process.ts";
import { median, medianRatio } from "./statistics.ts";
import { type Runner, tcpserver, xinetd } from "./super_servers.ts";
import type { Row, Section } from "./table.ts";

const CHILDREN = 8;

/** Measures all side by side, with the same program, which does as little as it can. */
export async function exec(
  { load, contestants, quick, interrupted, compiler, folder }: Bench,
): Promise<Section> {
  await using processes = new Processes(interrupted);
  const program = compileC(compiler, "converse", folder);
  const failures: string[] = [];
  const runners: Runner[] = [];
  const add = async (start: () => Promise<Runner>) => {
    try {
      runners.push(await start());
    } catch (error) {
      failures.push(messageOf(error));
    }
  };
  await add(() => tcpserver(processes, program));
  await add(() => xinetd(processes, program, folder));
  for (const contestant of contestants) {
    if (contestant.runtime === undefined) continue;
    await add(async () => {
      const command = contestant.command({
        personality: "PreForkSimple",
        children: CHILDREN,
        serializer: "none",
        announce: false,
      });
      const process = processes.start([...command, "--", program] as unknown as Command);
      const [, port] = await process.line(/Bound to auto-assigned port (\d+)/);
      return { contestant, process, port: Number(port) };
    });
  }
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 0.5 }
    : { rounds: 3, seconds: 3, warmupSeconds: 1 };
  const { results, failures: dropped } = await measure(load, runners, rounds);
  const of = (name: string) => [...results].find(([{ contestant }]) => contestant.name === name)?.[1];
  const rates = (own: readonly LoadResult[]) => own.map(({ perSecond }) => perSecond);
  const rows = [...results].map(([{ contestant: { name, runtime } }, own]): Row => {
    const against = (other: string) => {
      const others = name === other ? undefined : of(other);
      return others && medianRatio(rates(own), rates(others));
    };
    const toTcpserver = against("tcpserver");
    const toXinetd = against("xinetd");
    return {
      "server": name,
      "clients/s": median(rates(own)),
      "p50 µs": median(own.map((r) => r.p50Us)),
      "p99 µs": median(own.map((r) => r.p99Us)),
      "× tcpserver": toTcpserver && judge(toTcpserver, runtime && EXEC_TO_TCPSERVER),
      "× xinetd": toXinetd && judge(toXinetd),
    };
  });
  return {
    title: `Exec: a program for each client, ${CLIENTS} clients`,
    note:
      `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns; ratios are medians of each round's ratio. ` +
      `Tine has ${CHILDREN} children; tcpserver and xinetd have no limit that matters, and look up no names.`,
    rows,
    samples: Object.fromEntries([...results].map(([{ contestant }, own]) => [contestant.name, own])),
    failures: [...failures, ...dropped],
  };
}
