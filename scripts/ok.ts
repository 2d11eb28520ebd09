/**
 * The one command: all checks, and the tests on both runtimes.
 *
 * Run: `npm test`, or `deno task ok`; `--list` names the steps, `--only test,lint` runs some of them.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Outcome, passSignalsOn, runCommand } from "./run_command.ts";
import { commandOf, selectSteps, type Step } from "./steps.ts";
import { addTallies, formatTally, type Tally } from "./tally.ts";
import { ROOT, toolEnvironment } from "./toolchain.ts";

const USAGE = "Usage: deno run -A scripts/ok.ts [--only NAME[,NAME...]] [--list]";

/** What became of a step. */
interface Result {
  readonly isOk: boolean;
  readonly tally?: Tally;
}

/** What a suite prints, less the line of each test that passed or was skipped. */
function withoutPasses(output: string): string {
  return output.split("\n")
    .filter((line) => !/\.\.\. (ok|ignored) \(|^\((pass|skip|todo)\) /.test(line))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

/** Prints a step's line, and on failure what it said. */
function report(step: Step, outcome: Outcome, tally: Tally | undefined): void {
  const seconds = `${(outcome.milliseconds / 1000).toFixed(1)} s`.padStart(8);
  const details = [tally && formatTally(tally), outcome.why].filter((text) => text !== undefined);
  const end = details.length > 0 ? `  ${details.join("; ")}` : "";
  if (!outcome.isOk) {
    console.log(`\n----- ${step.name} -----\n${withoutPasses(outcome.output).trimEnd()}\n-----`);
  }
  console.log(`${outcome.isOk ? "ok    " : "FAILED"}  ${step.name.padEnd(14)}${seconds}${end}`);
}

/** Runs one step and reports it. */
async function runStep(step: Step, env: Record<string, string>): Promise<Result> {
  const command = commandOf(step, ROOT);
  if (command === undefined) {
    console.log(`skip    ${step.name.padEnd(14)}        -  there is nothing to look at yet`);
    return { isOk: true };
  }
  const outcome = await runCommand(command, {
    cwd: ROOT,
    env,
    timeLimitMs: step.timeLimitMs,
  });
  let tally = step.tally?.(outcome.output);
  // A suite that fails without having counted a failure (it crashed, it hung) is one all the same.
  if (step.tally && !outcome.isOk && !tally?.failed) {
    tally = addTallies([{ passed: 0, failed: 1, skipped: 0 }, ...(tally ? [tally] : [])]);
  }
  report(step, outcome, tally);
  return { isOk: outcome.isOk, ...(tally ? { tally } : {}) };
}

/** Runs cheap checks side by side, as many as there are processors, and the suites one after another. */
async function runSteps(steps: readonly Step[], env: Record<string, string>): Promise<Result[]> {
  const results: Result[] = [];
  const runAll = async (queue: Step[]) => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      results.push(await runStep(step, env));
    }
  };
  const checks = steps.filter((step) => step.tally === undefined);
  await Promise.all(Array.from({ length: availableParallelism() }, () => runAll(checks)));
  await runAll(steps.filter((step) => step.tally !== undefined));
  return results;
}

/** The program; returns its exit status. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true, default: [] },
      list: { type: "boolean", default: false },
    },
  });
  const steps = selectSteps(values.only.flatMap((names) => names.split(",")));
  if (values.list) {
    for (const step of steps) console.log(`${step.name.padEnd(14)} ${step.about}`);
    return 0;
  }
  const start = performance.now();
  const results = await runSteps(steps, toolEnvironment());
  const failures = results.filter(({ isOk }) => !isOk).length;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `\n${failures === 0 ? "All" : `${failures} of`} ${results.length} steps ${
      failures === 0 ? "are ok" : "FAILED"
    } (${seconds} s)`,
  );
  const tallies = results.flatMap(({ tally }) => tally ?? []);
  if (tallies.length > 0) console.log(formatTally(addTallies(tallies)));
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) {
  passSignalsOn();
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exitCode = 64;
  }
}
