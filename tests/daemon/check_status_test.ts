import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePid } from "../../lib/daemon/pid_file.ts";
import { checkStatus } from "../../lib/daemon/status_file.ts";

const STATUS = {
  version: "1.0.0",
  runtime: "deno 2.9.6",
  personality: "PreForkSimple",
  startedMs: 1,
  configuredMs: 2,
  listeners: ["127.0.0.1:20203"],
  how: "5 children",
  scaled: 0,
  scoreboard: { fd: 9, capacity: 50 },
  reloads: 3,
  reloadsRefused: 1,
  reloadError: "Cannot read it",
};

test("a status is taken as it is told", () => {
  assert.deepEqual(checkStatus(STATUS), STATUS);
});

test("what is no status is none", () => {
  for (const told of [undefined, null, 7, "text", [], {}, { ...STATUS, listeners: "all" }]) {
    assert.equal(checkStatus(told), undefined);
  }
});

test("numbers are numbers, of which none leads to another file, and texts are printable", () => {
  const told = checkStatus({
    ...STATUS,
    startedMs: "1",
    how: "\x1b[2J\n5 children",
    listeners: ["a\r\nb", { toString: "x" }],
    scoreboard: { fd: "../../../etc/passwd", capacity: 1e300 },
    reloads: -1,
  });
  assert.deepEqual(
    [told?.startedMs, told?.how, told?.listeners, told?.scoreboard, told?.reloads],
    [0, "%1B[2J%0A5 children", ["a%0D%0Ab", "?"], { fd: 0, capacity: 0 }, 0],
  );
  assert.equal(
    checkStatus({ ...STATUS, scoreboard: { fd: 3, capacity: 1e9 } })?.scoreboard?.capacity,
    1 << 16,
  );
});

test("a process id is the first line, and nothing else", () => {
  assert.deepEqual(
    ["7\n", " 42 \nrest", "0\n", "", "-1\n", "1e3\n", "12 13\n", "99999999999\n"].map(parsePid),
    [7, 42, undefined, undefined, undefined, undefined, undefined, undefined],
  );
});
