/**
 * The contestants: how each is started with so many children, and what it is measured against.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildPackage, buildTine, compileC, findRuntime, ROOT } from "./build.ts";
import type { Command, Process, Processes } from "./process.ts";

/** The names by which contestants are chosen. */
export const SERVER_NAMES = [
  "c",
  "perl",
  "deno",
  "bun",
  "deno-pkg",
  "bun-pkg",
  "deno-exe",
  "bun-exe",
] as const;
/** One of them. */
export type ServerName = typeof SERVER_NAMES[number];

/** How children take turns to accept. */
export const SERIALIZERS = ["none", "flock", "semaphore", "pipe"] as const;
/** One of them. */
export type Serializer = typeof SERIALIZERS[number];

/** The personalities that are measured. */
export type PersonalityName = "PreForkSimple" | "PreFork" | "Fork";

/** How a server is to run. */
export interface ServerOptions {
  /** How many children; with PreFork and Fork, how many at most. */
  readonly children: number;
  /** @default "PreForkSimple" */
  readonly personality?: PersonalityName;
  /** @default "none" */
  readonly serializer?: Serializer;
  /** Whether it says `Child Preforked` for each child. @default false */
  readonly announce?: boolean;
}

/** One echo server that can be started. */
export interface Contestant {
  readonly name: ServerName;
  /** The runtime whose goals apply; none for those that Tine is measured against. */
  readonly runtime?: "deno" | "bun";
  /** The runtime alone, to hold start and memory against. */
  readonly bare?: { readonly empty: Command; readonly idle: Command };
  /** Those that differ from one another in this program. */
  readonly serializers: readonly Serializer[];
  command(options: Required<ServerOptions>): Command;
  /** How it serves the one client that a super-server has accepted; absent where it cannot. */
  readonly inet?: Command;
  /** Whether it runs the code of another contestant, laid out in another way: its starts and its memory differ alone. */
  readonly isLayout?: boolean;
  /** How it serves many clients in one process; absent where it cannot. */
  readonly multiplex?: Command;
}

/** A contestant that is accepting clients. */
export interface Server {
  readonly contestant: Contestant;
  readonly process: Process;
  readonly port: number;
}

/** Net::Server::PreFork's defaults, written down because its code has another one than its manual. */
const SPARES = ["--min_servers", "5", "--min_spare_servers", "2", "--max_spare_servers", "10"];

/** Those that can run here among `wanted`, and a sentence for each that cannot. */
export function findContestants(
  wanted: ReadonlySet<string>,
  { compiler, folder }: { compiler: string; folder: string },
): { contestants: Contestant[]; failures: string[] } {
  const contestants: Contestant[] = [];
  const failures: string[] = [];
  const runtimes = { deno: findRuntime("deno"), bun: findRuntime("bun") };
  for (const name of SERVER_NAMES.filter((name) => wanted.has(name))) {
    const found = find(name, { compiler, folder, runtimes });
    if (typeof found === "string") failures.push(`${name} is not measured: ${found}`);
    else contestants.push(found);
  }
  return { contestants, failures };
}

/** Starts a server and waits until its sockets are bound. Its children may still be on their way. */
export async function startServer(
  processes: Processes,
  contestant: Contestant,
  options: ServerOptions,
): Promise<Server> {
  const process = processes.start(contestant.command({
    personality: "PreForkSimple",
    serializer: "none",
    announce: false,
    ...options,
  }));
  const match = await process.line(/Bound to auto-assigned port (\d+)/);
  return { contestant, process, port: Number(match[1]) };
}

/** Waits until as many children have announced themselves (see {@link ServerOptions.announce}). */
export async function childrenReady(server: Process, children: number): Promise<void> {
  await server.line(/Child Preforked \(/, { times: children });
}

type Found = Contestant | string;
type Place = { compiler: string; folder: string; runtimes: Record<"deno" | "bun", string | undefined> };

function find(name: ServerName, { compiler, folder, runtimes }: Place): Found {
  switch (name) {
    case "c":
      return cServer(compileC(compiler, "prefork", folder));
    case "perl":
      return perlServer();
    default: {
      const runtime = name.startsWith("deno") ? "deno" : "bun";
      const program = runtimes[runtime];
      if (program === undefined) return `${runtime} is not on the PATH`;
      const run: Command = runtime === "deno" ? [program, "run", "-A"] : [program];
      if (name.endsWith("-pkg")) {
        if (runtimes.deno === undefined) return "deno, which builds it, is not on the PATH";
        const built = buildPackage(runtimes.deno, runtime);
        return "path" in built
          ? { ...tine(name, runtime, run, [...run, built.path]), isLayout: true }
          : built.missing;
      }
      if (!name.endsWith("-exe")) return tine(name, runtime, run, [...run, join(ROOT, "cli.ts")]);
      if (runtimes.deno === undefined) return "deno, which builds it, is not on the PATH";
      const built = buildTine(runtimes.deno, runtime, folder);
      return "path" in built ? tine(name, runtime, run, [built.path]) : built.missing;
    }
  }
}

function cServer(program: string): Contestant {
  return {
    name: "c",
    serializers: ["none"],
    command: ({ children, announce }) => [program, String(children), ...(announce ? ["-v"] : [])],
  };
}

function perlServer(): Found {
  try {
    execFileSync("perl", ["-MNet::Server::PreForkSimple", "-e", "1"], { stdio: "pipe" });
  } catch {
    return "Perl's Net::Server is not installed (package libnet-server-perl)";
  }
  const script = join(ROOT, "scripts", "bench", "prefork.pl");
  // It warns, and ends only later, if IO::Multiplex is missing.
  const { stderr } = spawnSync("perl", ["-MNet::Server::Multiplex", "-e", "1"], { encoding: "utf8" });
  return {
    name: "perl",
    serializers: SERIALIZERS,
    ...(stderr === ""
      ? { multiplex: ["perl", join(ROOT, "scripts", "bench", "multiplex.pl")] as const }
      : {}),
    command: ({ personality, children, serializer, announce }) => [
      ...["perl", script, "--personality", personality, "--max_servers", `${children}`] as const,
      ...(personality === "Fork" ? [] : ["--serialize", serializer]),
      ...(personality === "PreFork" ? SPARES : []),
      ...["--log_level", announce ? "4" : "0"],
    ],
  };
}

function tine(name: ServerName, runtime: "deno" | "bun", run: Command, start: Command): Contestant {
  const bare = (script: string): Command => [...run, join(ROOT, "scripts", "bench", "bare", script)];
  return {
    name,
    runtime,
    bare: { empty: bare("empty.js"), idle: bare("idle.js") },
    // A compiled Tine runs the same code: what a serializer costs does not differ.
    serializers: /-(exe|pkg)$/.test(name) ? [] : SERIALIZERS,
    inet: [...start, "INET", "--log_level", "0"],
    // A program compiled by Deno loads no TypeScript.
    ...(name === "deno-exe" ? {} : {
      multiplex: [
        ...start,
        ...["Multiplex", join(ROOT, "scripts", "bench", "echo_mux.ts"), "--port", "127.0.0.1:0"],
      ] as const,
    }),
    command: ({ personality, children, serializer, announce }) => [
      ...start,
      ...[personality, "--port", "127.0.0.1:0", "--max_servers", `${children}`],
      ...(personality === "Fork" ? [] : ["--max_requests", "1000000"]),
      ...(personality === "PreFork" ? SPARES : []),
      // Without the option where it is the default: that is how most will run it.
      ...(serializer === "none" ? [] : ["--serialize", serializer]),
      ...["--log_level", announce ? "4" : "2"],
    ],
  };
}
