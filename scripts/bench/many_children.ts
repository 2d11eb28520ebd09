/**
 * Section "many_children": what a client costs where there are many children, against one's own few, Perl and C with as
 * many.
 *
 * @module
 */

import { type Bench, startEach } from "./context.ts";
import { goalOf, judge, MANY_CHILDREN_TO_FEW, MANY_CHILDREN_TO_PERL, P99_OF_MOST_TO_FEW } from "./goals.ts";
import { type LoadResult, measure, type Rounds } from "./load.ts";
import { cpuTicks, descendants } from "./proc.ts";
import { Processes } from "./process.ts";
import { type Contestant, type Serializer, SERIALIZERS, type Server } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";
import { until } from "./until.ts";

const FEW = 8;
const MANY = [50, 200, 500] as const;
const CLIENTS = [16, 64] as const;
/** How long hundreds of children may take to start, in milliseconds. */
const STARTED_WITHIN_MS = 180_000;

/** Measures each runtime with few and with many children beside Perl and C with as many, all in turns; without these behind a serializer. */
export async function manyChildren(bench: Bench): Promise<Section> {
  const { contestants, quick } = bench;
  const rivals = contestants.filter(({ runtime }) => runtime === undefined);
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const own of contestants.filter(({ bare, name }) => bare !== undefined && !name.endsWith("-exe"))) {
    for (const serializer of quick ? SERIALIZERS.slice(0, 1) : SERIALIZERS) {
      for (const children of quick ? [MANY[1]] : MANY) {
        const beside = serializer === "none" ? rivals : [];
        rows.push(...await compare(bench, { own, beside, serializer, children }, failures));
      }
    }
  }
  return {
    title: `Many children against ${FEW}`,
    note:
      `Median of rounds in turns; "÷ ${FEW}" is to the same server and serializer with ${FEW} children, "× Perl" and ` +
      `"× C" to those with as many.`,
    rows,
    failures,
  };
}

/** Waits until all children are there and rest: hundreds of them take a while to start. */
async function settled({ process, contestant }: Server, children: number, failures: string[]): Promise<void> {
  let before = -1;
  const isSettled = await until(() => {
    const pids = descendants(process.pid).map(({ pid }) => pid);
    const now = cpuTicks(pids);
    const rests = pids.length >= children && now === before;
    before = now;
    return rests;
  }, { withinMs: STARTED_WITHIN_MS, everyMs: 500 });
  if (!isSettled) failures.push(`${contestant.name}: its ${children} children did not come to rest`);
}

interface Comparison {
  readonly own: Contestant;
  /** Who is measured with as many children in the same rounds. */
  readonly beside: readonly Contestant[];
  readonly serializer: Serializer;
  readonly children: number;
}

async function compare(
  { load, interrupted, quick }: Bench,
  { own, beside, serializer, children }: Comparison,
  failures: string[],
): Promise<readonly Row[]> {
  await using processes = new Processes(interrupted);
  const [few] = await startEach(processes, [own], { children: FEW, serializer }, failures);
  const [many, ...others] = await startEach(processes, [own, ...beside], { children, serializer }, failures);
  if (few === undefined || many?.contestant !== own) return [];
  for (const server of [many, ...others]) await settled(server, children, failures);
  const rows: Row[] = [];
  for (const clients of CLIENTS) {
    const rounds: Rounds = quick
      ? { rounds: 1, seconds: 1, warmupSeconds: 1, clients }
      : { rounds: 3, seconds: 2, warmupSeconds: 2, clients };
    const measured = await measure(load, [few, many, ...others], rounds);
    failures.push(...measured.failures);
    const row = rowOf({ results: measured.results, few, many, serializer, children, clients });
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

interface Compared {
  readonly results: ReadonlyMap<Server, readonly LoadResult[]>;
  readonly few: Server;
  readonly many: Server;
  readonly serializer: Serializer;
  readonly children: number;
  readonly clients: number;
}

function rowOf({ results, few, many, serializer, children, clients }: Compared): Row | undefined {
  const [withFew, withMany] = [results.get(few), results.get(many)];
  if (withFew === undefined || withMany === undefined) return undefined;
  const figures = (of: readonly LoadResult[], figure: keyof LoadResult) => of.map((one) => one[figure]);
  const ratio = (to: readonly LoadResult[], figure: keyof LoadResult) =>
    medianRatio(figures(withMany, figure), figures(to, figure));
  const against = (name: string) => {
    const found = [...results].find(([server]) => server.contestant.name === name)?.[1];
    return found && ratio(found, "perSecond");
  };
  const [toPerl, toC] = [against("perl"), against("c")];
  const { name, runtime } = many.contestant;
  return {
    "server": name,
    "serializer": serializer,
    "children": children,
    "clients": clients,
    [`${FEW}: conn/s`]: median(figures(withFew, "perSecond")),
    "conn/s": median(figures(withMany, "perSecond")),
    "p99 µs": median(figures(withMany, "p99Us")),
    [`÷ ${FEW}`]: judge(ratio(withFew, "perSecond"), MANY_CHILDREN_TO_FEW[children]),
    [`p99 ÷ ${FEW}`]: judge(ratio(withFew, "p99Us"), P99_OF_MOST_TO_FEW[children]),
    "× Perl": toPerl && judge(toPerl, goalOf(MANY_CHILDREN_TO_PERL, runtime)),
    "× C": toC && judge(toC),
  };
}
