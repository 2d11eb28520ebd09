/**
 * Tells whether a job has passed, by its exit status and by what it printed.
 *
 * @module
 */

import type { Leftover } from "./leftovers.ts";
import type { Outcome } from "./run_command.ts";
import type { Step } from "./steps.ts";
import type { Tally } from "./tally.ts";

/** What became of a job. */
export interface Verdict {
  readonly isOk: boolean;
  /** Why it failed, where its output does not say so. */
  readonly why?: string;
  /** For a test suite. */
  readonly tally?: Tally;
}

/** A file that does not load, hangs or has no test is a failure, though its runner counted none. */
const ONE_FAILED: Tally = { passed: 0, failed: 1, skipped: 0 };

/** The first line that a tool which is content does not print. */
function strayLine(step: Step, output: string): string | undefined {
  if (step.mayPrint === undefined) return undefined;
  return output.split("\n").find((line) => line.trim() !== "" && !step.mayPrint?.test(line));
}

/** The verdict on a check. */
function judgeCheck(step: Step, outcome: Outcome): Verdict {
  const { isOk, output, why } = outcome;
  if (!isOk) return { isOk, ...(why === undefined ? {} : { why }) };
  const stray = strayLine(step, output);
  if (stray === undefined) return { isOk };
  return { isOk: false, why: `it ended well, but printed ${JSON.stringify(stray)}` };
}

/** The verdict on a job of a step. */
export function judge(step: Step, outcome: Outcome): Verdict {
  if (step.tally === undefined) return judgeCheck(step, outcome);
  const { isOk, output, why } = outcome;
  const tally = step.tally(output);
  if (tally === undefined) {
    return { isOk: false, why: why ?? "it did not count its tests", tally: ONE_FAILED };
  }
  const { passed, failed, skipped } = tally;
  if (passed + failed + skipped === 0) return { isOk: false, why: "it has no test", tally: ONE_FAILED };
  if (isOk && failed === 0) return { isOk, tally };
  return {
    isOk: false,
    ...(why === undefined ? {} : { why }),
    tally: failed > 0 ? tally : { ...tally, failed: 1 },
  };
}

/** The verdict on a test job that passed, after a look at the processes that it left behind. */
export function blame(verdict: Verdict, left: readonly Leftover[]): Verdict {
  if (left.length === 0) return verdict;
  const names = left.map(({ pid, command }) => `${pid} (${command})`).join(", ");
  return {
    isOk: false,
    why: `it left processes behind: ${names}`,
    ...(verdict.tally === undefined ? {} : { tally: { ...verdict.tally, failed: 1 } }),
  };
}
