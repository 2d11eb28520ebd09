/**
 * Section "fresh_child": what the first clients of a new child cost, against those that it serves once it is warm.
 *
 * @module
 */

import { type Bench, messageOf } from "./context.ts";
import { FIRST_CLIENTS_TO_WARM, judge } from "./goals.ts";
import { run } from "./load.ts";
import { cpuTicks, descendants, killForCertain } from "./proc.ts";
import { Processes } from "./process.ts";
import { type Contestant, type Server, startServer } from "./servers.ts";
import { median } from "./statistics.ts";
import type { Row, Section } from "./table.ts";
import { until } from "./until.ts";

/** How many clients come, one after another, in each step of a child's life. */
const STEPS = [10, 90, 900, 9000, 10_000] as const;
const HUNDRED = 100;

/** Measures one new child after another, with one client at a time. */
export async function freshChild({ contestants, load, quick, interrupted }: Bench): Promise<Section> {
  const children = quick ? 3 : 10;
  const rows: Row[] = [];
  const failures: string[] = [];
  // The C program does not replace its children.
  for (const contestant of contestants.filter(({ name }) => name !== "c")) {
    try {
      rows.push(await lives(contestant, { load, children, interrupted }));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return {
    title: "The first clients of a fresh child",
    note: `µs a client, one client at a time; median of ${children} children.`,
    rows,
    failures,
  };
}

async function lives(
  contestant: Contestant,
  { load, children, interrupted }: { load: string; children: number; interrupted: AbortSignal },
): Promise<Row> {
  await using processes = new Processes(interrupted);
  const server = await startServer(processes, contestant, { children: 1 });
  const steps = STEPS.map((): number[] => []);
  const ratios: number[] = [];
  for (let i = 0; i < children; i++) {
    await renewChild(server);
    const life: number[] = [];
    for (const clients of STEPS) {
      life.push(1e6 / (await run(load, server, ["-c", "1", "-d", "60000", "-n", `${clients}`])).perSecond);
    }
    life.forEach((us, step) => steps[step]?.push(us));
    const [ten = 0, ninety = 0] = life;
    ratios.push((ten * STEPS[0] + ninety * STEPS[1]) / HUNDRED / (life.at(-1) as number));
  }
  let first = 1;
  const columns = STEPS.map((clients, step) => {
    const title = `${first}–${first + clients - 1}`;
    first += clients;
    return [title, median(steps[step] as number[])] as const;
  });
  return {
    "server": contestant.name,
    ...Object.fromEntries(columns),
    [`first ${HUNDRED} ÷ last`]: judge(median(ratios), contestant.runtime && FIRST_CLIENTS_TO_WARM),
  };
}

/** Has the server start another child, and waits until that rests. */
async function renewChild({ process, contestant }: Server): Promise<void> {
  const old = descendants(process.pid);
  for (const child of old) killForCertain(child);
  const gone = new Set(old.map(({ pid }) => pid));
  let before = -1;
  const rests = await until(() => {
    const pids = descendants(process.pid).map(({ pid }) => pid);
    const now = cpuTicks(pids);
    const isQuiet = pids.length > 0 && !pids.some((pid) => gone.has(pid)) && now === before;
    before = now;
    return isQuiet;
  }, { withinMs: 20_000, everyMs: 300 });
  if (!rests) throw new Error(`${contestant.name}: no new child came to rest`);
}
