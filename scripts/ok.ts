/**
 * The one command: all checks, and the tests on both runtimes.
 *
 * Run: `npm test`, or `deno task ok`; `--list` names the steps, `--only test,lint` runs some of them, `--jobs 4` so many
 * at a time, and `--remember` writes down how long each test file took, by which a later run starts the slow ones first.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Job, jobsOf, readTimes, type Times, writeTimes } from "./jobs.ts";
import { awaitNoLeftovers, killLeftovers, MARK } from "./leftovers.ts";
import { runPool } from "./pool.ts";
import { type Outcome, passSignalsOn, runCommand } from "./run_command.ts";
import { selectSteps, type Step } from "./steps.ts";
import { addTallies, formatTally } from "./tally.ts";
import { ROOT, toolEnvironment } from "./toolchain.ts";
import { blame, judge, type Verdict } from "./verdict.ts";

const USAGE = "Usage: deno run -A scripts/ok.ts [--only NAME[,NAME...]] [--jobs N] [--remember] [--list]";

/** When a job is taken for one that hangs: many times what the slowest takes on a busy machine. */
const LIMIT_MS = 25 * 60_000;

/** For how long what a job has started may go on after its end. */
const LEFTOVERS_MS = 60_000;

/** A job that has been run. */
interface Result {
  readonly job: Job;
  readonly verdict: Verdict;
  readonly startMs: number;
  readonly endMs: number;
}

/** What a suite prints, less the line of each test that passed or was skipped. */
function withoutPasses(output: string): string {
  return output.split("\n")
    .filter((line) => !/\.\.\. (ok|ignored) \(|^\((pass|skip|todo)\) /.test(line))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

/** Prints what a job said that failed. */
function reportFailure({ step, about }: Job, { output }: Outcome, { why }: Verdict): void {
  const title = [step.name, about].filter(Boolean).join(" ");
  const reason = why === undefined ? "" : `\n${title}: ${why}`;
  console.log(`\n----- ${title} -----\n${withoutPasses(output).trimEnd()}${reason}\n-----`);
}

/** Prints a step's line, once all its jobs have ended. */
function reportStep(step: Step, results: readonly Result[]): void {
  if (results.length === 0) {
    console.log(`skip    ${step.name.padEnd(14)}        -  there is nothing to look at yet`);
    return;
  }
  const isOk = results.every(({ verdict }) => verdict.isOk);
  const start = Math.min(...results.map(({ startMs }) => startMs));
  const end = Math.max(...results.map(({ endMs }) => endMs));
  const seconds = `${((end - start) / 1000).toFixed(1)} s`.padStart(8);
  const details = step.tally === undefined
    ? results.flatMap(({ verdict }) => verdict.why ?? [])
    : [formatTally(addTallies(results.flatMap(({ verdict }) => verdict.tally ?? [])))];
  const tail = details.length > 0 ? `  ${details.join("; ")}` : "";
  console.log(`${isOk ? "ok    " : "FAILED"}  ${step.name.padEnd(14)}${seconds}${tail}`);
}

/** The marks of the jobs under way. */
const marks = new Set<string>();

/** Runs a job, and ends what it leaves behind. */
async function runJob(
  { step, command }: Job,
  env: Readonly<Record<string, string>>,
): Promise<{ outcome: Outcome; verdict: Verdict }> {
  const mark = crypto.randomUUID();
  marks.add(mark);
  const options = { cwd: ROOT, env: { ...env, [MARK]: mark }, timeLimitMs: LIMIT_MS };
  const outcome = await runCommand(command, options);
  const verdict = judge(step, outcome);
  const left = step.tally === undefined ? [] : await awaitNoLeftovers(mark, verdict.isOk ? LEFTOVERS_MS : 0);
  if (left.length > 0) killLeftovers(mark);
  marks.delete(mark);
  return { outcome, verdict: verdict.isOk ? blame(verdict, left) : verdict };
}

/** Runs the steps' jobs, and reports each step when its last job has ended. */
async function runSteps(steps: readonly Step[], width: number, times: Times): Promise<Result[]> {
  const env = toolEnvironment();
  const results: Result[] = [];
  const jobs = jobsOf(steps, ROOT, times);
  const ofStep = <Owned extends Job | Result>(all: readonly Owned[], step: Step) =>
    all.filter((one) => ("job" in one ? one.job.step : one.step) === step);
  for (const step of steps) if (ofStep(jobs, step).length === 0) reportStep(step, []);
  await runPool(jobs, width, async (job) => {
    const startMs = performance.now();
    const { outcome, verdict } = await runJob(job, env);
    results.push({ job, verdict, startMs, endMs: performance.now() });
    if (!verdict.isOk) reportFailure(job, outcome, verdict);
    const done = ofStep(results, job.step);
    if (done.length === ofStep(jobs, job.step).length) reportStep(job.step, done);
  });
  return results;
}

/** How long each file took that had a process of its own, on the slower of the runtimes; others as they were known. */
function timesOf(results: readonly Result[], known: Times): Times {
  const times = new Map<string, number>();
  for (const { job: { about }, startMs, endMs } of results) {
    if (!about.endsWith("_test.ts")) continue;
    times.set(about, Math.max(times.get(about) ?? 0, (endMs - startMs) / 1000));
  }
  return { ...known, ...Object.fromEntries(times) };
}

/** The number that `--jobs` gives. */
function parseWidth(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RangeError(`Cannot run "${text}" jobs at a time: give a number above 0`);
}

/** The program; returns its exit status. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true, default: [] },
      // A test waits more than it computes.
      jobs: { type: "string", default: String(availableParallelism() + 1) },
      list: { type: "boolean", default: false },
      remember: { type: "boolean", default: false },
    },
  });
  const steps = selectSteps(values.only.flatMap((names) => names.split(",")));
  if (values.list) {
    for (const step of steps) console.log(`${step.name.padEnd(14)} ${step.about}`);
    return 0;
  }
  const start = performance.now();
  const times = readTimes(ROOT);
  const results = await runSteps(steps, parseWidth(values.jobs), times);
  if (values.remember) writeTimes(ROOT, timesOf(results, times));
  const failed = new Set(results.filter(({ verdict }) => !verdict.isOk).map(({ job }) => job.step)).size;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const all = `${failed === 0 ? "All" : `${failed} of`} ${steps.length} steps`;
  console.log(`\n${all} ${failed === 0 ? "are ok" : "FAILED"} (${seconds} s)`);
  const tallies = results.flatMap(({ verdict }) => verdict.tally ?? []);
  if (tallies.length > 0) console.log(formatTally(addTallies(tallies)));
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) {
  passSignalsOn(() => marks.forEach(killLeftovers));
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exitCode = 64;
  }
}
