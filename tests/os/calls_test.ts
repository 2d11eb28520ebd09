import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { onStack, VARIADIC } from "../../lib/os/calls.ts";

/** Rows of the table with what stands in their prototype: `open: … // int open(const char *, int, ...)`. */
const ROWS = [
  ...readFileSync(new URL("../../lib/os/calls.ts", import.meta.url), "utf8").matchAll(
    /^ {2}(\w+): \{.*\}, \/\/ .*?\((.*)\)$/gm,
  ),
].map(([, name = "", parameters = ""]) => ({ name, parameters: parameters.split(", ") }));

/** What Linux alone has. */
const LINUX_ALONE = /^(syscall\d|openat2|prctl)$/;

test("every call with ... in its prototype is known as one, but for what Linux alone has", () => {
  assert.ok(ROWS.length > 50);
  const found = ROWS.filter(({ name, parameters }) => parameters.at(-1) === "..." && !LINUX_ALONE.test(name))
    .map(({ name, parameters }) => [name, parameters.length - 1]);
  assert.deepEqual(Object.fromEntries(found), VARIADIC);
});

test("what follows the named parameters lies behind the eight registers of arm64", () => {
  const open = onStack({ args: ["buffer", "i32", "u32"], result: "i32" }, 2);
  const idle = Array(6).fill("usize");
  assert.deepEqual(open, { args: ["buffer", "i32", ...idle, "usize"], result: "i32" });
  const semctl = onStack({ args: ["i32", "i32", "i32", "usize"], result: "i32" }, 3);
  assert.deepEqual(semctl.args.slice(8), ["usize"]);
});
