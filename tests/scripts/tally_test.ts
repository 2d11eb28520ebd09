import assert from "node:assert/strict";
import { test } from "node:test";
import { addTallies, formatTally, tallyBun, tallyDeno } from "../../scripts/tally.ts";

test("tallyDeno() reads the last line of Deno's runner", () => {
  assert.deepEqual(
    tallyDeno("a ... ok (1ms)\n\nok | 4 passed (2 steps) | 0 failed | 1 ignored (1 step) (5s)\n"),
    {
      passed: 4,
      failed: 0,
      skipped: 1,
    },
  );
  assert.deepEqual(
    tallyDeno("FAILED | 14 passed (69 steps) | 2 failed (1 step) (48ms)\n\nerror: Test failed"),
    {
      passed: 14,
      failed: 2,
      skipped: 0,
    },
  );
  assert.deepEqual(tallyDeno("ok | 26 passed | 0 failed (182ms)"), { passed: 26, failed: 0, skipped: 0 });
});

test("tallyBun() reads the last lines of Bun's runner, and counts what is to do as skipped", () => {
  assert.deepEqual(
    tallyBun("(pass) a\n\n 4 pass\n 1 skip\n 1 todo\n 0 fail\nRan 6 tests across 1 file. [5.04s]\n"),
    {
      passed: 4,
      failed: 0,
      skipped: 2,
    },
  );
  assert.deepEqual(tallyBun(" 3 pass\n 1 fail\n 1 error\nRan 4 tests"), { passed: 3, failed: 1, skipped: 0 });
});

test("a runner that was killed has no tally", () => {
  assert.equal(tallyDeno("running 5 tests from ./a_test.ts\na ... ok (1ms)\nb ..."), undefined);
  assert.equal(tallyBun("(pass) a\n"), undefined);
});

test("formatTally() prints the sum as one plain line", () => {
  const sum = addTallies([{ passed: 1, failed: 0, skipped: 2 }, { passed: 10, failed: 1, skipped: 0 }]);
  assert.equal(formatTally(sum), "11 passed, 1 failed, 2 skipped");
});
