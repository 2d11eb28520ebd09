import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ending } from "../../lib/os/process.ts";
import { type State, STATES } from "../../lib/scoreboard/layout.ts";
import { deathOf, meaningOf, type Verdict } from "../../lib/supervise/reap.ts";

type Row = [
  Omit<Ending, "pid">,
  { state: State; requests?: number; dismissed?: boolean; inStateMs?: number },
  Omit<Verdict, "text">,
  string,
];

const at = (atBirth: boolean, abnormal: boolean, level: number, fromOutside = false) => ({
  atBirth,
  abnormal,
  level,
  fromOutside,
});

const TABLE: readonly Row[] = [
  [
    { code: 0 },
    { state: "serving", requests: 3 },
    at(false, true, 1),
    "ended with status 0 after 3 clients, in the middle of the last: something called exit",
  ],
  [
    { code: 0 },
    { state: "serving", requests: 3, dismissed: true },
    at(false, false, 4),
    "ended with status 0 after 3 clients",
  ],
  [
    { code: 0 },
    { state: "waiting", requests: 3 },
    at(false, true, 1),
    "ended with status 0 after 3 clients, unasked: something called exit",
  ],
  [
    { code: 13 },
    { state: "serving", requests: 1 },
    at(false, true, 1),
    "ended with status 13 after 1 client",
  ],
  [{ code: 0 }, { state: "dequeue" }, at(false, false, 4), "ended with status 0 after 0 clients"],
  [{ code: 0 }, { state: "leaving", requests: 1 }, at(false, false, 4), "ended with status 0 after 1 client"],
  [{ code: 0 }, { state: "starting" }, at(true, true, 1), "ended with status 0 before it was ready"],
  [
    { code: 1 },
    { state: "waiting", inStateMs: 20 },
    at(true, true, 1),
    "ended with status 1 as soon as it was ready",
  ],
  [
    { code: 0 },
    { state: "waiting", inStateMs: 20 },
    at(true, true, 1),
    "ended with status 0 as soon as it was ready, unasked: something called exit",
  ],
  [{ code: 1 }, { state: "waiting" }, at(false, true, 1), "ended with status 1 after 0 clients"],
  [
    { code: 1 },
    { state: "waiting", inStateMs: 20, requests: 1 },
    at(false, true, 1),
    "ended with status 1 after 1 client",
  ],
  // The clock was set back.
  [
    { code: 1 },
    { state: "waiting", inStateMs: -3_600_000 },
    at(false, true, 1),
    "ended with status 1 after 0 clients",
  ],
  [
    { code: 1 },
    { state: "serving", inStateMs: 20 },
    at(false, true, 1),
    "ended with status 1 after 0 clients",
  ],
  [
    { signal: "SIGTERM" },
    { state: "waiting", inStateMs: 20 },
    at(false, true, 1, true),
    "was killed by SIGTERM after 0 clients",
  ],
  [{ code: 1 }, { state: "starting" }, at(true, true, 1), "ended with status 1 before it was ready"],
  [{ code: 1 }, { state: "serving", requests: 2 }, at(false, true, 1), "ended with status 1 after 2 clients"],
  [
    { signal: "SIGKILL" },
    { state: "starting" },
    at(true, true, 1, true),
    "was killed by SIGKILL (out of memory?) before it was ready",
  ],
  [
    { signal: "SIGSEGV" },
    { state: "starting" },
    at(true, true, 1),
    "was killed by SIGSEGV before it was ready",
  ],
  [{ signal: "SIGSEGV" }, { state: "waiting" }, at(false, true, 1), "was killed by SIGSEGV after 0 clients"],
  [
    { signal: "SIGKILL" },
    { state: "serving", requests: 1 },
    at(false, true, 1, true),
    "was killed by SIGKILL (out of memory?) after 1 client",
  ],
  [
    { signal: "SIGKILL" },
    { state: "serving", requests: 1, dismissed: true },
    at(false, true, 4, true),
    "was killed by SIGKILL after 1 client",
  ],
  [
    { signal: "SIGTERM" },
    { state: "starting", dismissed: true },
    at(false, true, 4, true),
    "was killed by SIGTERM after 0 clients",
  ],
];

for (const [ending, { state, requests = 0, dismissed = false, inStateMs = 5000 }, expected, text] of TABLE) {
  test(`a child that was ${state}${dismissed ? " and dismissed" : ""} ${text}`, () => {
    const verdict = meaningOf({ pid: 42, ...ending }, { state, requests, dismissed, inStateMs });
    assert.deepEqual(verdict, { ...expected, text: `Child 42 ${text}` });
  });
}

test("only what one process sends to another comes from outside", () => {
  const fromOutside = (signal: string) =>
    meaningOf({ pid: 1, signal }, { state: "starting", requests: 0, dismissed: false, inStateMs: 5000 })
      .fromOutside;
  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]) assert.ok(fromOutside(signal));
  for (const signal of ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGSYS"]) assert.ok(!fromOutside(signal));
  assert.ok(
    !meaningOf({ pid: 1, code: 143 }, { state: "starting", requests: 0, dismissed: false, inStateMs: 5000 })
      .fromOutside,
  );
});

test("only a child that was starting and was not dismissed died at birth", () => {
  for (const state of [...STATES, undefined]) {
    for (const dismissed of [false, true]) {
      const { atBirth } = meaningOf({ pid: 1, code: 1 }, { state, requests: 0, dismissed, inStateMs: 5000 });
      assert.equal(atBirth, state === "starting" && !dismissed);
    }
  }
});

test("an end is counted by its reason", () => {
  assert.equal(deathOf({ pid: 1, code: 0 }, undefined), "ended");
  assert.equal(deathOf({ pid: 1, code: 3 }, "TERM"), "failed");
  assert.equal(deathOf({ pid: 1, signal: "SIGSEGV" }, undefined), "SIGSEGV");
  assert.equal(deathOf({ pid: 1, signal: "SIGKILL" }, "HUP"), "SIGKILL");
  assert.equal(deathOf({ pid: 1, signal: "SIGKILL" }, "KILL"), "timeout");
  assert.equal(deathOf({ pid: 1, signal: "SIGSEGV" }, "KILL"), "SIGSEGV");
  assert.equal(deathOf({ pid: 1, signal: "signal 34" }, undefined), "SIGRT");
});
