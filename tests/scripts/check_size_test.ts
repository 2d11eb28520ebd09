import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, MAX_FILE_LINES } from "../../scripts/check_size.ts";

const lines = (count: number) => "x();\n".repeat(count);

test("faultsOf() passes a file of lib/ that is just short enough", () => {
  assert.deepEqual(faultsOf({ path: "lib/child/child.ts", text: lines(MAX_FILE_LINES) }), []);
});

test("faultsOf() tells a long file its length", () => {
  const [fault] = faultsOf({ path: "lib/child/child.ts", text: lines(MAX_FILE_LINES + 1) });
  assert.match(fault ?? "", /^lib\/child\/child\.ts has 301 lines/);
});

test("faultsOf() lets a table, a test and a script be long", () => {
  for (const path of ["lib/config/options.ts", "tests/config/options_test.ts", "scripts/ok.ts"]) {
    assert.deepEqual(faultsOf({ path, text: lines(2000) }), [], path);
  }
});

test("faultsOf() refuses names that say nothing, or that are not in snake_case", () => {
  for (
    const path of ["lib/os/utils.ts", "tests/support/helpers.ts", "tests/os/misc_test.ts", "lib/os/errNo.ts"]
  ) {
    assert.equal(faultsOf({ path, text: "" }).length, 1, path);
  }
});
