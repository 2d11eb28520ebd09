import assert from "node:assert/strict";
import { constants as node } from "node:os";
import { test } from "node:test";
import { SystemError } from "../../lib/errors.ts";
import * as errors from "../../lib/os/errno.ts";

const { errnoName, errnoSentence, systemError } = errors;

// On Linux EOPNOTSUPP and ENOTSUP are one number (errno(3)), and libuv names it by the latter.
const TWINS: Readonly<Record<string, string>> = { EOPNOTSUPP: "ENOTSUP" };

test("every exported error number has its own name", () => {
  const rows = Object.entries(errors).filter(([name]) => /^E[A-Z]+$/.test(name)) as [string, number][];
  for (const [name, number] of rows) {
    const named = errnoName(number);
    assert.ok(named === name || named === TWINS[name], `${name} is named ${named}`);
  }
});

test("errnoName knows what the runtime knows", () => {
  for (
    const name of ["ENOENT", "EINVAL", "ECONNREFUSED", "EPROTOTYPE", "EMSGSIZE", "EHOSTUNREACH"] as const
  ) {
    assert.equal(errnoName(node.errno[name]), name);
  }
});

test("errnoName gives a number without a name one", () => {
  for (const number of [0, 9999, 5000]) assert.equal(errnoName(number), `E${number}`);
});

test("errnoSentence keeps the name", () => {
  assert.equal(errnoSentence("EADDRINUSE"), "address already in use (EADDRINUSE)");
  assert.equal(errnoSentence("EUNHEARD"), "EUNHEARD");
});

test("systemError says what was tried and why not, and with which status to leave", () => {
  const error = systemError("bind", "bind 127.0.0.1:80", errors.EACCES);
  assert.ok(error instanceof SystemError);
  assert.equal(error.message, "Cannot bind 127.0.0.1:80: permission denied (EACCES)");
  assert.deepEqual([error.call, error.code, error.errno, error.exitCode], ["bind", "EACCES", 13, 77]);
  assert.equal(systemError("bind", "bind it", errors.EADDRINUSE).exitCode, 71);
});
