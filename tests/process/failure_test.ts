import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, SystemError, TineError, UsageError } from "../../lib/errors.ts";
import { describeFailure } from "../../lib/process/failure.ts";

test("a mistake of the user's is one line with its status", () => {
  const place = { source: "x.conf", line: 2, column: 3 };
  const errors: readonly [TineError, number, string][] = [
    [new UsageError("Cannot do it"), 64, "Cannot do it"],
    [new ConfigError("Cannot set x", { option: "x", place }), 78, "x.conf:2:3: Cannot set x"],
    [new TineError("Cannot open it", { exitCode: 73 }), 73, "Cannot open it"],
    [new SystemError("Cannot fork", { call: "fork", errno: 11, code: "EAGAIN" }), 71, "Cannot fork"],
  ];
  for (const [error, exitCode, text] of errors) assert.deepEqual(describeFailure(error), { text, exitCode });
});

test("a fault of the program's is told with its stack, and ends with status 1", () => {
  const { text, exitCode } = describeFailure(new TypeError("what"));
  assert.equal(exitCode, 1);
  assert.match(text, /^TypeError: what \| at /);
  assert.deepEqual(describeFailure("just text"), { text: "just text", exitCode: 1 });
});

test("a permission that Deno does not give is one line, and ends with status 77", () => {
  const error = Object.assign(new Error('Requires net access to "/run/log"'), { name: "NotCapable" });
  const text = `Cannot go on without a permission of Deno's: ${error.message}; compile the program with -A`;
  assert.deepEqual(describeFailure(error), { text, exitCode: 77 });
});
