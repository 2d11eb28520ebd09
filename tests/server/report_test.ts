import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, SystemError, TineError, UsageError } from "../../lib/errors.ts";
import { describeError } from "../../lib/server/report.ts";

test("a mistake of the user's is one line with its status", () => {
  const place = { source: "x.conf", line: 2, column: 3 };
  const errors: readonly [TineError, number, string][] = [
    [new UsageError("Cannot do it"), 64, "tine: Cannot do it"],
    [new ConfigError("Cannot set x", { option: "x", place }), 78, "tine: x.conf:2:3: Cannot set x"],
    [new TineError("Cannot open it", { exitCode: 73 }), 73, "tine: Cannot open it"],
    [new SystemError("Cannot fork", { call: "fork", errno: 11, code: "EAGAIN" }), 71, "tine: Cannot fork"],
  ];
  for (const [error, exitCode, text] of errors) assert.deepEqual(describeError(error), { text, exitCode });
});

test("a fault of the program's is told with its stack, and ends with status 1", () => {
  const { text, exitCode } = describeError(new TypeError("what"));
  assert.equal(exitCode, 1);
  assert.match(text, /^tine: TypeError: what\n\s+at /);
  assert.deepEqual(describeError("just text"), { text: "tine: just text", exitCode: 1 });
});
