/**
 * Section "serializers": whether many children cost throughput, under each way of taking turns to accept.
 *
 * @module
 */

import { type Bench, startEach } from "./context.ts";
import { judge, MANY_TO_FEW } from "./goals.ts";
import { CLIENTS, type LoadResult, measure, type Rounds } from "./load.ts";
import { Processes } from "./process.ts";
import { type Contestant, type Serializer, SERIALIZERS } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";

const FEW = 8;
const MANY = 50;

/** Measures each contestant with 8 and with 50 children, both up at once and in turns, under each serializer. */
export async function serializers(bench: Bench): Promise<Section> {
  const { contestants, quick } = bench;
  const rounds = quick
    ? { rounds: 1, seconds: 1, warmupSeconds: 0.5 }
    : { rounds: 3, seconds: 2, warmupSeconds: 1 };
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const contestant of contestants) {
    for (const serializer of SERIALIZERS.filter((name) => contestant.serializers.includes(name))) {
      const row = await compare(bench, contestant, serializer, rounds, failures);
      if (row) rows.push(row);
    }
  }
  return {
    title: `Serializers: ${MANY} children against ${FEW}, ${CLIENTS} clients`,
    note:
      `Median of ${rounds.rounds} × ${rounds.seconds} s, in turns; the ratio is to the same server and serializer ` +
      `with ${FEW} children.`,
    rows,
    failures,
  };
}

async function compare(
  { load, interrupted }: Bench,
  contestant: Contestant,
  serializer: Serializer,
  rounds: Rounds,
  failures: string[],
): Promise<Row | undefined> {
  await using processes = new Processes(interrupted);
  const [few] = await startEach(processes, [contestant], { children: FEW, serializer }, failures);
  const [many] = few
    ? await startEach(processes, [contestant], { children: MANY, serializer }, failures)
    : [];
  if (!few || !many) return undefined;
  const measured = await measure(load, [few, many], rounds);
  failures.push(...measured.failures.map((failure) => `serializer ${serializer}: ${failure}`));
  const [withFew, withMany] = [measured.results.get(few), measured.results.get(many)];
  if (!withFew || !withMany) return undefined;
  const rates = (results: readonly LoadResult[]) => results.map((r) => r.perSecond);
  const ratio = medianRatio(rates(withMany), rates(withFew));
  return {
    "server": contestant.name,
    "serializer": serializer,
    [`${FEW}: conn/s`]: median(rates(withFew)),
    [`${FEW}: p99 µs`]: median(withFew.map((r) => r.p99Us)),
    [`${MANY}: conn/s`]: median(rates(withMany)),
    [`${MANY}: p99 µs`]: median(withMany.map((r) => r.p99Us)),
    [`${MANY} ÷ ${FEW}`]: judge(ratio, contestant.runtime && MANY_TO_FEW),
  };
}
