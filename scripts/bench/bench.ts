/**
 * The benchmark: Tine, Perl's Net::Server and a C program side by side, as ratios against goals.
 *
 *     deno run -A scripts/bench/bench.ts [--quick] [--only NAME,…] [--json FILE]
 *
 * `--only` names sections and servers; naming none of a kind means all of that kind. It needs Linux and a C compiler,
 * and does without Perl, Bun or a compiled Tine, saying so. It ends with 1 when something that was to be measured
 * failed; a missed goal is a finding, not a failure.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { compileC, findCompiler } from "./build.ts";
import { EX_USAGE } from "../../lib/exit_codes.ts";
import { type Bench, messageOf } from "./context.ts";
import { exec } from "./exec.ts";
import { freshChild } from "./fresh_child.ts";
import { manyChildren } from "./many_children.ts";
import { manyClients } from "./many_clients.ts";
import { memory } from "./memory.ts";
import { multiplex } from "./multiplex.ts";
import { fork, prefork } from "./personalities.ts";
import { serializers } from "./serializers.ts";
import { findContestants, SERVER_NAMES } from "./servers.ts";
import { startup } from "./startup.ts";
import { formatSection, type Section, verdicts } from "./table.ts";
import { throughput } from "./throughput.ts";

const SECTIONS = {
  throughput,
  prefork,
  fork,
  multiplex,
  exec,
  manyClients,
  serializers,
  manyChildren,
  freshChild,
  memory,
  startup,
} as const;
type SectionName = keyof typeof SECTIONS;

/** Where the layout of the code matters. */
const OF_LAYOUT: ReadonlySet<SectionName> = new Set(["memory", "startup"]);

interface Choices {
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly sections: readonly SectionName[];
  readonly servers: ReadonlySet<string>;
}

/** Reads the command line; ends the program when it makes no sense. */
function readChoices(): Choices {
  const { values } = readOptions();
  const sectionNames = Object.keys(SECTIONS) as SectionName[];
  const only = new Set(values.only?.split(",").map((name) => name.trim()));
  const known = [...sectionNames, ...SERVER_NAMES];
  const unknown = [...only].filter((name) => !known.some((other) => other === name));
  if (unknown.length > 0) {
    refuse(`Cannot measure "${unknown.join('", "')}": the names for --only are ${known.join(", ")}`);
  }
  const sections = sectionNames.filter((name) => only.has(name));
  const servers = SERVER_NAMES.filter((name) => only.has(name));
  return {
    quick: values.quick ?? false,
    json: values.json,
    sections: sections.length > 0 ? sections : sectionNames,
    servers: new Set(servers.length > 0 ? servers : SERVER_NAMES),
  };
}

function readOptions() {
  try {
    return parseArgs({
      options: { quick: { type: "boolean" }, only: { type: "string" }, json: { type: "string" } },
    });
  } catch (error) {
    refuse(`Cannot read the command line: ${messageOf(error)}`);
  }
}

function refuse(why: string): never {
  console.error(why);
  process.exit(EX_USAGE);
}

/** A folder for this run, gone when the program ends, however it ends. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tine-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Aborted by SIGINT or SIGTERM, after which the program ends. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const end = () => {
    controller.abort();
    process.exit(130);
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  return controller.signal;
}

async function main(): Promise<void> {
  const choices = readChoices();
  const compiler = findCompiler();
  if (process.platform !== "linux" || compiler === undefined) {
    const lack = compiler === undefined
      ? "no C compiler (cc, gcc, clang)"
      : "no Linux (epoll, /proc, 127.0.0.x)";
    console.error(`\n!!! NOTHING IS MEASURED: there is ${lack} here, which the load generator needs\n`);
    return;
  }
  const interrupted = interruption();
  const folder = temporaryFolder();
  const load = compileC(compiler, "load", folder);
  const { contestants, failures } = findContestants(choices.servers, { compiler, folder });
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? "unknown", kernel: release() };
  console.log(
    `${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}${
      choices.quick ? "; QUICK: figures are rough" : ""
    }`,
  );
  for (const failure of failures) console.log(`! ${failure}`);

  const bench: Bench = { load, compiler, folder, contestants, quick: choices.quick, interrupted };
  const sections: Partial<Record<SectionName, Section>> = {};
  for (const name of choices.sections) {
    const here = OF_LAYOUT.has(name) ? contestants : contestants.filter(({ isLayout }) => isLayout !== true);
    const section = sections[name] = await SECTIONS[name]({ ...bench, contestants: here });
    console.log(formatSection(section));
  }
  const goals = Object.values(sections).flatMap(verdicts);
  console.log(`\n${goals.filter((goal) => goal.reached).length} of ${goals.length} goals reached`);
  if (choices.json !== undefined) {
    const report = { taken: new Date().toISOString(), quick: choices.quick, machine, failures, sections };
    writeFileSync(choices.json, JSON.stringify(report, undefined, 2) + "\n");
  }
  if (Object.values(sections).some((section) => section.failures.length > 0)) process.exitCode = 1;
}

await main();
