/**
 * Section "startup": how soon the first client is served and how soon all children are there, against bare runtimes.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { type Bench, messageOf } from "./context.ts";
import { ALL_READY_TO_BARE, FIRST_CLIENT_TO_BARE, judge } from "./goals.ts";
import { type Command, Processes } from "./process.ts";
import { childrenReady, type Contestant, startServer } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";

const FEW = 8;
const MANY = 50;
const FIRST_CLIENT_DEADLINE_MS = 20_000;

/** Measures each contestant in turns with its bare runtime; everything has ended before the next thing starts. */
export async function startup({ contestants, quick, interrupted }: Bench): Promise<Section> {
  const times = quick ? { first: 3, all: 1 } : { first: 10, all: 3 };
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const contestant of contestants) {
    try {
      rows.push(await timeOne(contestant, times, interrupted));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return {
    title: `Start: the first client (${FEW} children), and ${MANY} children`,
    note:
      `Median of ${times.first} starts until a greeting was read, beside a bare runtime that starts and ends; ` +
      `median of ${times.all} until ${MANY} children are ready, beside ${MANY} bare runtimes started at once.`,
    rows,
    failures,
  };
}

async function timeOne(
  contestant: Contestant,
  times: { first: number; all: number },
  interrupted: AbortSignal,
): Promise<Row> {
  const { bare } = contestant;
  const first = await inTurns(
    times.first,
    bare && (() => startAndEnd(bare.empty, interrupted)),
    () => firstClient(contestant, interrupted),
  );
  const all = await inTurns(
    times.all,
    bare && (() => allUp(bare.idle, interrupted)),
    () => allReady(contestant, interrupted),
  );
  return {
    "server": contestant.name,
    "bare ms": first.bare && median(first.bare),
    "first client ms": median(first.own),
    "first ÷ bare": first.bare && judge(medianRatio(first.own, first.bare), FIRST_CLIENT_TO_BARE),
    [`${MANY} bare ms`]: all.bare && median(all.bare),
    [`${MANY} ready ms`]: median(all.own),
    [`${MANY} ready ÷ bare`]: all.bare && judge(medianRatio(all.own, all.bare), ALL_READY_TO_BARE),
  };
}

type Timed = () => Promise<number>;

async function inTurns(
  times: number,
  bare: Timed | undefined,
  own: Timed,
): Promise<{ bare?: number[]; own: number[] }> {
  const taken = { bare: [] as number[], own: [] as number[] };
  for (let i = 0; i < times; i++) {
    if (bare) taken.bare.push(await bare());
    taken.own.push(await own());
  }
  return bare ? taken : { own: taken.own };
}

/** From the start of a program that does nothing to its end. */
async function startAndEnd(command: Command, interrupted: AbortSignal): Promise<number> {
  await using processes = new Processes(interrupted);
  const process = processes.start(command);
  await process.ended;
  return performance.now() - process.startedAt;
}

/** From the start of the server to the first greeting that a client has read. */
async function firstClient(contestant: Contestant, interrupted: AbortSignal): Promise<number> {
  await using processes = new Processes(interrupted);
  const { process, port } = await startServer(processes, contestant, { children: FEW, announce: true });
  const client = connect(port, "127.0.0.1");
  // The greeting is one write of one short line, so it comes in one piece.
  await once(client, "data", { signal: AbortSignal.timeout(FIRST_CLIENT_DEADLINE_MS) });
  const taken = performance.now() - process.startedAt;
  client.destroy();
  // Not stopped half-way: Net::Server's children may miss a SIGTERM on the way to their first accept().
  await childrenReady(process, FEW);
  return taken;
}

/** From the start of the first of many bare runtimes to the moment when each has said that it is up. */
async function allUp(command: Command, interrupted: AbortSignal): Promise<number> {
  await using processes = new Processes(interrupted);
  const idlers = Array.from({ length: MANY }, () => processes.start(command));
  await Promise.all(idlers.map((idler) => idler.line(/^ready$/)));
  return performance.now() - (idlers[0]?.startedAt ?? NaN);
}

/** From the start of the server to the moment when all its children have said that they are ready. */
async function allReady(contestant: Contestant, interrupted: AbortSignal): Promise<number> {
  await using processes = new Processes(interrupted);
  const { process } = await startServer(processes, contestant, { children: MANY, announce: true });
  await childrenReady(process, MANY);
  return performance.now() - process.startedAt;
}
