/**
 * How PreFork follows its clients: a step from 0 to 64 of them, and a saw-tooth, drawn as curves over time.
 *
 *     deno run -A scripts/bench/surge.ts [--only deno,bun] [--folder docs]
 *
 * It writes `prefork_step.svg` and `prefork_saw.svg`, and prints how long the clients of the step waited for their first
 * answer, as a ratio to the time that the missing children take to start. It needs Linux. `deno fmt` lays the files out.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findRuntime, ROOT } from "./build.ts";
import { type Curve, drawChart, type Panel } from "./chart.ts";
import { writeFileSync } from "node:fs";
import { descendants } from "./proc.ts";
import { type Command, type Process, Processes } from "./process.ts";
import { median } from "./statistics.ts";

const CLIENTS = 64;
const MIN_SERVERS = 5;
/** Seldom enough that looking through /proc takes no processor from the server. */
const SAMPLE_MS = 50;
const ROUNDS = 3;
/** The goal for the step: the slowest first answer against the start of the missing children. */
const STEP_TO_START = 2;

const SPARES = ["--min_servers", `${MIN_SERVERS}`, "--min_spare_servers", "2", "--max_spare_servers", "10"];
/** Five times as quick as the defaults, so that a saw-tooth of some seconds shows what one of a minute does. */
const QUICK = ["--check_for_waiting", "2", "--min_child_ttl", "2"];

/** Clients that stay, and what became of them. */
class Surge {
  readonly #port: number;
  readonly #clients: { socket: Socket; since: number; answered?: number }[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Connects until there are `count`, or lets the last ones go. */
  resize(count: number): void {
    while (this.#clients.length > count) this.#clients.pop()?.socket.destroy();
    while (this.#clients.length < count) {
      const socket = connect(this.#port, "127.0.0.1");
      const client: { socket: Socket; since: number; answered?: number } = {
        socket,
        since: performance.now(),
      };
      socket.once("data", () => client.answered = performance.now());
      socket.on("error", () => {});
      this.#clients.push(client);
    }
  }

  /** How many are there, and how many of them have had no answer yet. */
  get size(): number {
    return this.#clients.length;
  }

  get unanswered(): number {
    return this.#clients.filter(({ answered }) => answered === undefined).length;
  }

  /** The longest wait for a first answer, in milliseconds. */
  get longestMs(): number {
    return Math.max(...this.#clients.map(({ since, answered = Infinity }) => answered - since));
  }
}

async function start(processes: Processes, command: Command): Promise<{ server: Process; port: number }> {
  const server = processes.start(command);
  const match = await server.line(/Bound to auto-assigned port (\d+)/);
  return { server, port: Number(match[1]) };
}

/** Three curves over time, taken until `isOver`. */
async function sample(server: Process, surge: Surge, isOver: () => boolean): Promise<Curve[]> {
  const children: [number, number][] = [];
  const clients: [number, number][] = [];
  const waiting: [number, number][] = [];
  const began = performance.now();
  for (;;) {
    const at = (performance.now() - began) / 1000;
    children.push([at, descendants(server.pid).length]);
    clients.push([at, surge.size]);
    waiting.push([at, surge.unanswered]);
    if (isOver()) break;
    await pause(SAMPLE_MS); // whoever came just now gets his answer within this time, if a child waits
  }
  return [
    { name: "children", colour: "#1f77b4", points: children },
    { name: "clients", colour: "#2ca02c", points: clients },
    { name: "clients without an answer", colour: "#d62728", points: waiting },
  ];
}

/** How long as many children take to start as the step lacks, in milliseconds. */
async function timeOfStart(run: Command, interrupted: AbortSignal): Promise<number> {
  await using processes = new Processes(interrupted);
  const missing = CLIENTS - MIN_SERVERS;
  const { server } = await start(processes, [
    ...run,
    ...["PreForkSimple", "--port", "127.0.0.1:0", "--max_servers", `${missing}`, "--log_level", "4"],
  ]);
  const began = performance.now();
  await server.line(/Child Preforked/, { times: missing });
  return performance.now() - began;
}

async function step(run: Command, interrupted: AbortSignal): Promise<{ curves: Curve[]; longestMs: number }> {
  await using processes = new Processes(interrupted);
  const { server, port } = await start(processes, [
    ...run,
    ...["PreFork", "--port", "127.0.0.1:0", "--max_servers", "80", ...SPARES],
  ]);
  await pause(1500); // min_servers are there, and rest
  const surge = new Surge(port);
  const began = performance.now();
  let isUp = false;
  const curves = await sample(server, surge, () => {
    const now = performance.now() - began;
    if (!isUp && now > 200) {
      isUp = true;
      surge.resize(CLIENTS);
    }
    return now > 400 && surge.unanswered === 0 && now > 3000;
  });
  const { longestMs } = surge;
  surge.resize(0);
  return { curves, longestMs };
}

async function saw(run: Command, interrupted: AbortSignal): Promise<Curve[]> {
  await using processes = new Processes(interrupted);
  const { server, port } = await start(processes, [
    ...run,
    ...["PreFork", "--port", "127.0.0.1:0", "--max_servers", "80", ...SPARES, ...QUICK],
  ]);
  const surge = new Surge(port);
  const began = performance.now();
  const curves = await sample(server, surge, () => {
    const now = (performance.now() - began) / 1000;
    // Three teeth of ten seconds: up for six, none for four.
    const inTooth = now % 10;
    surge.resize(now < 30 && inTooth < 6 ? Math.floor(inTooth / 6 * 40) : 0);
    return now > 50;
  });
  surge.resize(0);
  return curves;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" }, folder: { type: "string" } } });
  const folder = values.folder ?? join(ROOT, "docs");
  const wanted = (values.only ?? "deno,bun").split(",");
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  process.once("SIGTERM", () => controller.abort());
  const steps: Panel[] = [];
  const saws: Panel[] = [];
  for (const name of ["deno", "bun"] as const) {
    const program = wanted.includes(name) ? findRuntime(name) : undefined;
    if (program === undefined) continue;
    const run: Command = [program, ...(name === "deno" ? ["run", "-A"] : []), join(ROOT, "cli.ts")];
    const ratios: number[] = [];
    let last: Curve[] = [];
    for (let round = 0; round < ROUNDS && !controller.signal.aborted; round++) {
      const startMs = await timeOfStart(run, controller.signal);
      const { curves, longestMs } = await step(run, controller.signal);
      last = curves;
      ratios.push(longestMs / startMs);
      console.log(
        `${name}: ${CLIENTS - MIN_SERVERS} children start in ${
          startMs.toFixed(0)
        } ms; of ${CLIENTS} clients at once ` +
          `the last has its first answer after ${longestMs.toFixed(0)} ms`,
      );
    }
    const ratio = median(ratios);
    console.log(
      `${name}: ratio ${ratio.toFixed(2)} (≤ ${STEP_TO_START}: ${ratio <= STEP_TO_START ? "yes" : "NO"})`,
    );
    steps.push({ title: name === "deno" ? "Deno" : "Bun", curves: last });
    saws.push({ title: name === "deno" ? "Deno" : "Bun", curves: await saw(run, controller.signal) });
  }
  writeFileSync(join(folder, "prefork_step.svg"), drawChart("A step from 0 to 64 clients that stay", steps));
  writeFileSync(
    join(folder, "prefork_saw.svg"),
    drawChart("A saw-tooth of 0 to 40 clients that stay (check_for_waiting and min_child_ttl 2 s)", saws),
  );
}

await main();
