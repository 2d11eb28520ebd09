/**
 * Section "exec": clients per second where a program is run for each client, against tcpserver and xinetd.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { compileC } from "./build.ts";
import { type Bench, messageOf } from "./context.ts";
import { EXEC_TO_TCPSERVER, judge } from "./goals.ts";
import { CLIENTS, type LoadResult, measure } from "./load.ts";
import { type Command, type Process, Processes } from "./process.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Row, Section } from "./table.ts";
import { until } from "./until.ts";

const CHILDREN = 8;

/** Somebody who runs a program for each client. */
interface Runner {
  readonly contestant: { readonly name: string; readonly runtime?: "deno" | "bun" };
  readonly process: Process;
  readonly port: number;
}

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

function demand(program: string, debian: string): void {
  if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) {
    throw new Error(`${program} is not measured: it is not installed (package ${debian})`);
  }
}

/** With -1 it says the port that it was given. */
async function tcpserver(processes: Processes, program: string): Promise<Runner> {
  demand("tcpserver", "ucspi-tcp");
  const options = ["-1", "-H", "-R", "-l", "0", "-c", "1000", "-b", "1000"];
  const process = processes.start(["tcpserver", ...options, "127.0.0.1", "0", program]);
  const [, port] = await process.line(/^(\d+)$/);
  return { contestant: { name: "tcpserver" }, process, port: Number(port) };
}

/** A port that nobody had a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function xinetd(processes: Processes, program: string, folder: string): Promise<Runner> {
  demand("xinetd", "xinetd");
  const port = await freePort();
  const user = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
  const settings = {
    type: "UNLISTED",
    socket_type: "stream",
    protocol: "tcp",
    wait: "no",
    user,
    bind: "127.0.0.1",
    port,
    server: program,
    instances: "UNLIMITED",
    per_source: "UNLIMITED",
    cps: "1000000 1",
    log_type: "FILE /dev/null",
  };
  const lines = Object.entries(settings).map(([key, value]) => `  ${key} = ${value}\n`);
  const file = join(folder, "xinetd.conf");
  writeFileSync(file, `service bench\n{\n${lines.join("")}}\n`);
  const process = processes.start([
    "xinetd",
    "-dontfork",
    "-f",
    file,
    "-pidfile",
    join(folder, "xinetd.pid"),
  ]);
  // It says nothing when it is ready.
  if (!await until(() => connects(port), { withinMs: 10_000 })) {
    throw new Error("xinetd is not measured: it took no client within 10 s");
  }
  return { contestant: { name: "xinetd" }, process, port };
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
