/**
 * Counts tests, by what each runtime's test runner prints at its end.
 *
 * @module
 */

/** How many tests passed, failed and were skipped. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `ok | 4 passed (2 steps) | 0 failed | 1 ignored (1 step) (5s)`: Deno's last line. */
const DENO_LAST =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/;

/** ` 4 pass`: the lines of Bun's end. */
const BUN_LAST = /^ *(\d+) (pass|fail|skip|todo|error)s?$/;

/** What Deno's test runner counted; undefined where it did not come to its end. */
export function tallyDeno(output: string): Tally | undefined {
  const match = output.split("\n").map((line) => DENO_LAST.exec(line)).findLast((found) => found !== null);
  if (!match) return undefined;
  return { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3] ?? 0) };
}

/** What Bun's test runner counted; undefined where it did not come to its end. */
export function tallyBun(output: string): Tally | undefined {
  const counts = new Map<string, number>();
  for (const line of output.split("\n")) {
    const match = BUN_LAST.exec(line);
    if (match?.[2]) counts.set(match[2], Number(match[1]));
  }
  const passed = counts.get("pass");
  if (passed === undefined) return undefined;
  const count = (word: string) => counts.get(word) ?? 0;
  // An "error" is a file that could not be loaded or that failed outside of a test; Bun counts it as a failure too.
  return { passed, failed: count("fail") || count("error"), skipped: count("skip") + count("todo") };
}

/** The sum of several. */
export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }), { passed: 0, failed: 0, skipped: 0 });
}

/** `12 passed, 0 failed, 1 skipped` */
export function formatTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
