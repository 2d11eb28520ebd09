/**
 * Debian's super-servers, which start a program for each client.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connects, freePort } from "./ports.ts";
import type { Process, Processes } from "./process.ts";
import { until } from "./until.ts";

/** Somebody who runs a program for each client. */
export interface Runner {
  readonly contestant: { readonly name: string; readonly runtime?: "deno" | "bun" };
  readonly process: Process;
  readonly port: number;
}

function demand(program: string, debian: string): void {
  if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) {
    throw new Error(`${program} is not measured: it is not installed (package ${debian})`);
  }
}

/** Starts tcpserver, without limits that matter and without lookups. With -1 it says the port that it was given. */
export async function tcpserver(processes: Processes, ...program: readonly string[]): Promise<Runner> {
  demand("tcpserver", "ucspi-tcp");
  const options = ["-1", "-H", "-R", "-l", "0", "-c", "1000", "-b", "1000"];
  const process = processes.start(["tcpserver", ...options, "127.0.0.1", "0", ...program]);
  const [, port] = await process.line(/^(\d+)$/);
  return { contestant: { name: "tcpserver" }, process, port: Number(port) };
}

/** Starts xinetd, without limits that matter. */
export async function xinetd(processes: Processes, program: string, folder: string): Promise<Runner> {
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
