/**
 * Section "startup": how soon the first client is served and how soon all children are there, against bare runtimes;
 * how soon a reload serves by new children, and a process that a super-server starts for a client.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { type Bench, messageOf } from "./context.ts";
import { ALL_READY_TO_BARE, FIRST_CLIENT_TO_BARE, goalOf, judge, RELOAD_TO_BARE } from "./goals.ts";
import { descendants } from "./proc.ts";
import { type Command, Processes } from "./process.ts";
import { childrenReady, type Contestant, startServer } from "./servers.ts";
import { median, medianRatio } from "./statistics.ts";
import { tcpserver } from "./super_servers.ts";
import type { Row, Section } from "./table.ts";
import { until } from "./until.ts";

const FEW = 8;
const MANY = 50;
const FIRST_CLIENT_DEADLINE_MS = 20_000;
/** How long it is quiet between two reloads. */
const CALM_MS = 500;

/** Measures each contestant in turns with its bare runtime; everything has ended before the next thing starts. */
export async function startup({ contestants, quick, interrupted }: Bench): Promise<Section> {
  const times = quick ? { first: 3, all: 1 } : { first: 10, all: 3 };
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const contestant of contestants) {
    try {
      const row = await timeOne(contestant, times, interrupted);
      rows.push({ ...row, ...await timeLater(contestant, times.first, Number(row["bare ms"]), interrupted) });
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return {
    title: `Start: the first client (${FEW} children), and ${MANY} children`,
    note:
      `Median of ${times.first} starts until a greeting was read, beside a bare runtime that starts and ends; ` +
      `median of ${times.all} until ${MANY} children are ready, beside ${MANY} bare runtimes started at once; ` +
      `median of ${times.first} HUPs until a new child greeted, and of as many clients that tcpserver starts INET for.`,
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

/** What comes after the start; undefined for those that Tine is measured against. */
async function timeLater(
  contestant: Contestant,
  times: number,
  bareMs: number,
  interrupted: AbortSignal,
): Promise<Row> {
  if (!contestant.bare) return {};
  const reload = median(await reloads(contestant, times, interrupted));
  const inet = median(await clientsOfInet(contestant, times, interrupted));
  return {
    "reload ms": reload,
    "reload ÷ bare": judge(reload / bareMs, goalOf(RELOAD_TO_BARE, contestant.runtime)),
    "INET ms": inet,
    "INET ÷ bare": judge(inet / bareMs),
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
  await greeted(port);
  const taken = performance.now() - process.startedAt;
  // Not stopped half-way: Net::Server's children may miss a SIGTERM on the way to their first accept().
  await childrenReady(process, FEW);
  return taken;
}

/** Connects, and returns the number of the process that has greeted. */
async function greeted(port: number): Promise<number> {
  const client = connect(port, "127.0.0.1");
  // The greeting is one write of one short line, so it comes in one piece.
  const [text] = await once(client, "data", { signal: AbortSignal.timeout(FIRST_CLIENT_DEADLINE_MS) });
  client.destroy();
  return Number(/\((\d+)\)/.exec(String(text))?.[1]);
}

/** From HUPs, one after another, to the first greeting of a child that was not there before. */
async function reloads(contestant: Contestant, times: number, interrupted: AbortSignal): Promise<number[]> {
  await using processes = new Processes(interrupted);
  const { process: server, port } = await startServer(processes, contestant, {
    children: FEW,
    announce: true,
  });
  const taken: number[] = [];
  for (let round = 1; round <= times; round++) {
    await childrenReady(server, FEW * round);
    const pids = () => descendants(server.pid).map(({ pid }) => pid);
    // Those of the version before have gone.
    await until(() => pids().length === FEW, { withinMs: FIRST_CLIENT_DEADLINE_MS });
    await pause(CALM_MS);
    const old = new Set(pids());
    const begun = performance.now();
    process.kill(server.pid, "SIGHUP");
    while (old.has(await greeted(port))) await pause(1);
    taken.push(performance.now() - begun);
  }
  return taken;
}

/** From connecting to a super-server to the greeting of the process that it starts. */
async function clientsOfInet(
  contestant: Contestant,
  times: number,
  interrupted: AbortSignal,
): Promise<number[]> {
  await using processes = new Processes(interrupted);
  const { port } = await tcpserver(processes, ...contestant.inet ?? []);
  const taken: number[] = [];
  for (let round = 0; round < times; round++) {
    const begun = performance.now();
    await greeted(port);
    taken.push(performance.now() - begun);
    await pause(CALM_MS / 10);
  }
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
