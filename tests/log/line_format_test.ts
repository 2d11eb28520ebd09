import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  breakStack,
  type Entry,
  escapeMessage,
  formatEntry,
  formatJson,
  LEVELS,
  type LineStyle,
} from "../../lib/log/line_format.ts";
import { onBun } from "../support/server.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

test("escapeMessage leaves nothing that is not printable, and drops one end of line", () => {
  assert.equal(escapeMessage("plain %0A ~\n"), "plain %0A ~");
  assert.equal(escapeMessage("a\nb\n\n"), "a%0Ab%0A");
  assert.equal(escapeMessage("\r\t\x1b[2J\x7f\0"), "%0D%09%1B[2J%7F%00");
  assert.equal(escapeMessage("\u00e4\u{1f600}"), "%C3%A4%F0%9F%98%80");
  // Half a character is written as what stands for none.
  assert.equal(escapeMessage("\ud800"), "%EF%BF%BD");
});

const entry = (message: string): Entry => ({ level: 2, message, pid: 7, date: new Date(0) });

test("formatJson gives one line that a terminal takes for text, and that reads back as it was", () => {
  const message = 'a\n\r\x1b[2J\x7f\u0085\u009b2J\u2028\u2029\ud800\u00e4"\\';
  const line = formatJson(entry(message));
  assert.match(line, /^[\x20-\x7e\u00e4]*$/);
  assert.deepEqual(JSON.parse(line), { time: "1970-01-01T00:00:00.000Z", level: "notice", pid: 7, message });
});

test("the levels of JSON and of syslog are one table", () => {
  assert.deepEqual(LEVELS.map(({ name, priority }) => `${priority} ${name}`), [
    "3 error",
    "4 warning",
    "5 notice",
    "6 info",
    "7 debug",
  ]);
});

const decoder = new TextDecoder();
const linesOf = (message: string, style: Partial<LineStyle> = {}) =>
  formatEntry(entry(message), { format: "line", prefix: undefined, longest: Infinity, ...style })
    .map((bytes) => decoder.decode(bytes));

test("a line begins with the time and the process, and where the journal reads it with its priority", () => {
  const [line] = linesOf("a\nb\n");
  assert.match(line as string, /^(?:1970\/01\/01|1969\/12\/31)-\d\d:\d\d:\d\d \[7\] a%0Ab\n$/);
  assert.deepEqual(linesOf("a", { prefix: (level) => `<${level}>` }), ["<2>[7] a\n"]);
});

test("a message that is too long for a line that stays whole comes in several, each whole and numbered", () => {
  const message = "ä\n\u2028".repeat(500);
  for (const format of ["line", "json"] as const) {
    const lines = linesOf(format === "json" ? message : `${message}\n`, { format, longest: 512 });
    assert.ok(lines.length > 4, `${lines.length} lines`);
    for (const line of lines) {
      assert.ok(new TextEncoder().encode(line).length <= 512, line);
      assert.match(line, /^[\x20-\x7e\u00e4]*\n$/);
    }
    const told = lines.map((line, i) => {
      if (format === "line") {
        const [, part, parts, text = ""] = /\[7\] \((\d+)\/(\d+)\) (.*)\n$/.exec(line) ?? [];
        assert.deepEqual([part, parts], [`${i + 1}`, `${lines.length}`]);
        return decodeURIComponent(text);
      }
      const { part, parts, message: text } = JSON.parse(line);
      assert.deepEqual([part, parts], [i + 1, lines.length]);
      return text;
    });
    assert.equal(told.join(""), message);
  }
});

for (
  const [zone, time] of [
    ["EST5EDT,M3.2.0,M11.1.0", "2026/07/01-08:00:00"],
    ["<+03>-3", "2026/07/01-15:00:00"],
    ["Europe/Berlin", "2026/07/01-14:00:00"],
    ["UTC", "2026/07/01-12:00:00"],
  ] as const
) {
  test(`the time of a line is that of the zone ${zone}`, () => {
    const module = JSON.stringify(join(ROOT, "lib/log/line_format.ts"));
    const code = `const { logTime } = await import(${module});` +
      'console.log(logTime(new Date("2026-07-01T12:00:00Z")))';
    const args = onBun ? ["-e", code] : ["eval", code];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, TZ: zone },
    });
    assert.equal(stdout.trim(), time, stderr);
  });
}

test("at a terminal the calls of a stack stand below each other, and nothing else does", () => {
  const thrown = "Child 7 ends: the handler threw Error: no | at f (file:///h.ts:3:9) | at file:///h.ts:6:3";
  assert.equal(
    breakStack(thrown),
    "Child 7 ends: the handler threw Error: no\n    at f (file:///h.ts:3:9)\n    at file:///h.ts:6:3",
  );
  assert.equal(breakStack("Uncaught Error: no | at /h.ts:6:3"), "Uncaught Error: no\n    at /h.ts:6:3");
  // What a client has said.
  for (const message of ["x | at 2026/11/27-09:00:00 [1] forged:1:1", "said threw x | at forged:1:1"]) {
    assert.equal(breakStack(message), message);
  }
  const [line] = formatEntry(
    { level: 1, message: "Uncaught a\nb | at f (/h.ts:1:2)", pid: 1, date: new Date(0) },
    { format: "line", breaksStacks: true, prefix: () => "", longest: Infinity },
  );
  assert.equal(new TextDecoder().decode(line), "[1] Uncaught a%0Ab\n    at f (/h.ts:1:2)\n");
});
