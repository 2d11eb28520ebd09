import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BindError,
  ConfigError,
  PrivilegeError,
  SpawnError,
  SystemError,
  TineError,
  UsageError,
} from "../../lib/errors.ts";
import { errorOf, recordError } from "../../lib/process/error_record.ts";

test("an error is of its class, with all of its fields, in the process that is told of it", () => {
  const place = { source: "a.toml", line: 3, column: 7 };
  for (
    const error of [
      new ConfigError("Cannot set x", { option: "x", place }),
      new ConfigError("Cannot set x"),
      new BindError("Cannot bind", { address: "*:80", exitCode: 77 }),
      new SystemError("Cannot open", {
        call: "open",
        errno: 13,
        code: "EACCES",
        reason: "permission denied",
      }),
      new PrivilegeError("Cannot become nobody"),
      new SpawnError("Cannot start"),
      new UsageError("Cannot serve"),
      new TineError("Cannot load", { exitCode: 66 }),
    ]
  ) {
    const told = errorOf(JSON.parse(JSON.stringify(recordError(error))));
    assert.equal(told.constructor, error.constructor);
    assert.equal(told.message, error.message);
    assert.deepEqual({ ...told }, { ...error });
  }
});

test("what is no error of Tine's is told in one line, with the status of a fault", () => {
  const told = errorOf(recordError(new Error("boom")));
  assert.equal(told.constructor, TineError);
  assert.match(told.message, /^Error: boom \| /);
});
