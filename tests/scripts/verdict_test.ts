import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, STEPS } from "../../scripts/steps.ts";
import { blame, judge } from "../../scripts/verdict.ts";

function step(name: string): Step {
  return STEPS.find((one) => one.name === name) as Step;
}

const good = (output: string) => ({ isOk: true, output, milliseconds: 1 });
const bad = (output: string, why?: string) => ({
  isOk: false,
  output,
  milliseconds: 1,
  ...(why === undefined ? {} : { why }),
});

test("a check that ends well has passed, unless it warned of something", () => {
  assert.deepEqual(judge(step("size"), good("12 files, 0 faults\n")), { isOk: true });
  assert.deepEqual(judge(step("lint"), good("Checked 375 files\n")), { isOk: true });
  const warning = "warn: SyntaxError: Variable declaration list cannot be empty\n    |\nChecked 375 files\n";
  assert.deepEqual(judge(step("lint"), good(warning)), {
    isOk: false,
    why: 'it ended well, but printed "warn: SyntaxError: Variable declaration list cannot be empty"',
  });
  for (const name of ["fmt", "lint", "check:deno", "doc:lint"]) {
    assert.equal(judge(step(name), good("Warning something is odd\n")).isOk, false, name);
  }
  assert.deepEqual(judge(step("check:deno"), good("Check mod.ts\nCheck lib/os/wait.ts\n")), { isOk: true });
});

test("a check that fails says why if its output does not", () => {
  assert.deepEqual(judge(step("fmt"), bad("error: Found 1 not formatted file")), { isOk: false });
  assert.deepEqual(judge(step("fmt"), bad("", "it died of SIGKILL")), {
    isOk: false,
    why: "it died of SIGKILL",
  });
});

const DENO_OK = "ok | 4 passed | 0 failed | 1 ignored (5s)\n";
const BUN_OK = " 4 pass\n 1 skip\n 0 fail\nRan 5 tests across 1 file. [5.04s]\n";

test("tests that all passed are counted", () => {
  const tally = { passed: 4, failed: 0, skipped: 1 };
  assert.deepEqual(judge(step("test:deno"), good(DENO_OK)), { isOk: true, tally });
  assert.deepEqual(judge(step("test:bun"), good(BUN_OK)), { isOk: true, tally });
});

test("tests that failed are counted", () => {
  const verdict = judge(step("test:deno"), bad("FAILED | 4 passed | 2 failed (5s)\n"));
  assert.deepEqual(verdict, { isOk: false, tally: { passed: 4, failed: 2, skipped: 0 } });
});

test("a file that fails without a failed test is one failure", () => {
  const tally = { passed: 0, failed: 1, skipped: 0 };
  const limit = "it took more than 1 seconds and was killed";
  assert.deepEqual(judge(step("test:bun"), bad("a_test.ts:\n(pass) a\n", limit)), {
    isOk: false,
    why: limit,
    tally,
  });
  assert.deepEqual(judge(step("test:deno"), bad("error: Module not found\n")), {
    isOk: false,
    why: "it did not count its tests",
    tally,
  });
  assert.deepEqual(judge(step("test:deno"), good("ok | 0 passed | 0 failed (3ms)\n")), {
    isOk: false,
    why: "it has no test",
    tally,
  });
  assert.deepEqual(judge(step("test:bun"), bad(BUN_OK)), {
    isOk: false,
    tally: { passed: 4, failed: 1, skipped: 1 },
  });
});

test("a file whose tests passed and that left a process behind is one failure", () => {
  const passed = { isOk: true, tally: { passed: 4, failed: 0, skipped: 1 } };
  assert.equal(blame(passed, []), passed);
  assert.deepEqual(blame(passed, [{ pid: 7, command: "sleep 9" }, { pid: 8, command: "deno run" }]), {
    isOk: false,
    why: "it left processes behind: 7 (sleep 9), 8 (deno run)",
    tally: { passed: 4, failed: 1, skipped: 1 },
  });
});
