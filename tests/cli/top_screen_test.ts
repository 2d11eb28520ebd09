import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "../../lib/cli/screen.ts";
import { bar, renderTop, SORTS, type View } from "../../lib/cli/top_screen.ts";
import type { ChildStatus, ServerStatus } from "../../lib/daemon/server_status.ts";

const NOW = 1_795_655_081_000;

function child(i: number, more: Partial<ChildStatus> = {}): ChildStatus {
  return {
    pid: 4_000_000 + i,
    state: i % 2 === 0 ? "waiting" : "serving",
    client: i % 2 === 0 ? null : `203.0.113.${i % 256}:${50_000 + i}`,
    clients: 1000 * i,
    denied: 0,
    startedMs: NOW - 100_000,
    changedMs: NOW - 1000 * i,
    cpuMs: 10 * i,
    memoryBytes: 25_000_000 + i * 1_000_000,
    memoryKind: "pss",
    ...more,
  };
}

function statusOf(children: readonly ChildStatus[], more: Partial<ServerStatus> = {}): ServerStatus {
  const count = (state: string) => children.filter((one) => one.state === state).length;
  return {
    running: true,
    ready: true,
    takenMs: NOW,
    name: "echo",
    personality: "PreFork",
    version: "1.0.0",
    runtime: "deno 2.9.6",
    pid: 4711,
    user: "www",
    startedMs: NOW - 7_200_000,
    configuredMs: NOW - 60_000,
    servedBy: `${children.length} children`,
    listeners: [
      { address: "127.0.0.1:80", proto: "tcp", queue: 3, backlog: 4096, queueBytes: null, dropped: null },
      { address: "/run/x|unix", proto: "unix", queue: null, backlog: 4096, queueBytes: null, dropped: null },
      { address: "[::1]:80", proto: "tcp", queue: 4, backlog: 4096, queueBytes: null, dropped: null },
    ],
    states: {
      starting: 0,
      standby: 0,
      waiting: count("waiting"),
      serving: count("serving"),
      leaving: 0,
      dequeue: 0,
    },
    totals: {
      clients: 90_000,
      denied: 5,
      deaths: { ended: 3, failed: 0, timeout: 0, unknown: 0, signals: { SIGKILL: 1 } },
      reloads: 1,
      reloadsRefused: 0,
    },
    lastRefusal: null,
    cpuMs: 100,
    memoryBytes: 30_000_000,
    memoryKind: "pss",
    children,
    ...more,
  };
}

const many = (count: number) => statusOf(Array.from({ length: count }, (_, i) => child(i)));
const view = (more: Partial<View> = {}): View => ({ columns: 80, rows: 24, sort: "cpu", ...more });
const texts = (...args: Parameters<typeof renderTop>) => renderTop(...args).map(({ text }) => text);

for (const count of [0, 1, 4, 50, 500]) {
  for (const [columns, rows] of [[80, 24], [200, 50], [20, 5], [1, 1]] as const) {
    test(`${count} children fill a screen of ${columns} by ${rows}, and no more`, () => {
      const status = statusOf(many(count).children, {
        lastRefusal: "Cannot bind 127.0.0.1:80 ".repeat(20),
        name: "x".repeat(300),
      });
      for (const sort of SORTS) {
        const lines = texts(status, many(count), view({ columns, rows, sort, note: "note ".repeat(100) }));
        assert.equal(lines.length, rows);
        assert.ok(lines.every((line) => [...line].length <= columns), lines.join("\n"));
      }
    });
  }
}

test("children that have no room are counted", () => {
  const lines = texts(many(50), undefined, view());
  const at = lines.findIndex((line) => /^… \d+ more$/.test(line));
  const rows = lines.filter((line) => /^40\d+ /.test(line));
  assert.equal(lines[at], `… ${50 - rows.length} more`);
  assert.match(lines.at(-1) as string, /^q quit/);
  assert.equal(at, lines.length - 2);
  assert.ok(
    !texts(many(4), undefined, view()).some((line) => line.includes("more ") && line.startsWith("…")),
  );
  assert.equal(texts(many(500), undefined, view({ columns: Infinity, rows: Infinity })).length, 505);
});

test("a screen without room for the table says how many children there are, and what keys there are", () => {
  const lines = texts(many(50), undefined, view({ rows: 6 }));
  assert.deepEqual([lines.length, lines[4]], [6, "… 50 more"]);
  assert.match(lines[5] as string, /^q quit/);
});

test("the head says how many clients come, wait and were denied, and what the children do", () => {
  const before = statusOf(many(4).children, {
    takenMs: NOW - 2000,
    totals: { ...many(4).totals as NonNullable<ServerStatus["totals"]>, clients: 89_900 },
  });
  assert.deepEqual(texts(many(4), before, view()).slice(0, 4), [
    "echo: PreFork, 4 children, process id 4711, up 2 h",
    "90000 clients, 50.0 per second, 7 connections in the queue, 5 denied",
    "4 children ended: 3 with status 0, 1 by SIGKILL; 1 reload",
    "[#############.............] 2 of 4 busy (2 serving, 2 waiting)",
  ]);
  assert.match(
    texts(many(4), undefined, view())[1] as string,
    /^90000 clients, - per second/,
    "not known yet",
  );
});

test("a child in an endless loop is marked, one that is merely busy is not", () => {
  const of = (cpuMs: number, servingMs: number, state: ChildStatus["state"] = "serving") =>
    statusOf([child(1, { cpuMs, changedMs: NOW - servingMs, state })]);
  const shown = (now: ServerStatus) => {
    const before = statusOf([child(1, { cpuMs: 0 })], { takenMs: NOW - 1000 });
    return renderTop(now, before, view()).find(({ text }) => text.startsWith("4000001"));
  };
  const looping = shown(of(990, 60_000));
  assert.match(looping?.text as string, /^4000001 +looping\? +60 s +99 /);
  assert.equal(looping?.kind, "looping");
  assert.equal(shown(of(990, 1000))?.kind, "busy", "it has just begun");
  assert.equal(shown(of(300, 60_000))?.kind, "busy", "it waits for most of the time");
  assert.equal(shown(of(990, 60_000, "waiting"))?.kind, "plain");
  // Another child with the same number has used nothing yet.
  const other = statusOf([child(1, { startedMs: NOW - 10, cpuMs: 0 })], { takenMs: NOW - 1000 });
  assert.match(renderTop(of(990, 60_000), other, view()).at(5)?.text as string, /serving +60 s +- /);
});

test("children are sorted by what is asked for, and its heading is marked", () => {
  const children = [
    child(1, { cpuMs: 50, memoryBytes: 1e6, clients: 30, changedMs: NOW - 5000 }),
    child(2, { cpuMs: 90, memoryBytes: 3e6, clients: 20, changedMs: NOW - 9000 }),
    child(3, { cpuMs: 10, memoryBytes: 2e6, clients: 40, changedMs: NOW - 1000 }),
    child(4, { cpuMs: null, memoryBytes: null, clients: null, changedMs: null }),
  ];
  const before = statusOf(
    children.map((one) => ({ ...one, cpuMs: 0, clients: 0 })),
    { takenMs: NOW - 1000 },
  );
  const expected = {
    cpu: ["CPU%*", 2, 1, 3, 4],
    memory: ["PSS*", 2, 3, 1, 4],
    clients: ["CLIENTS*", 3, 1, 2, 4],
    rate: ["/S*", 3, 1, 2, 4],
    since: ["SINCE*", 2, 1, 3, 4],
    pid: ["PID*", 1, 2, 3, 4],
  };
  for (const sort of SORTS) {
    const lines = texts(statusOf(children), before, view({ sort }));
    const order = lines.filter((line) => /^4000/.test(line)).map((line) => Number(line.slice(6, 7)));
    const heading = lines.find((line) => / STATE /.test(line))?.split(/ +/).find((word) =>
      word.endsWith("*")
    );
    assert.deepEqual([heading, ...order], expected[sort]);
  }
});

test("a server without children has a head alone", () => {
  const status = statusOf([], { states: null, personality: "Single", servedBy: "one client at a time" });
  assert.deepEqual(texts(status, undefined, view({ rows: Infinity })), [
    "echo: Single, one client at a time, process id 4711, up 2 h",
    "90000 clients, - per second, 7 connections in the queue, 5 denied",
  ]);
});

test("a wide screen has a column more", () => {
  const heading = (columns: number) =>
    texts(many(4), undefined, view({ columns })).find((line) => / STATE /.test(line));
  assert.doesNotMatch(heading(80) as string, / UP /);
  assert.match(heading(200) as string, / UP /);
});

test("bar() is as full as its part, and not empty as long as there is one", () => {
  assert.equal(bar(0, 10, 10), "[..........]");
  assert.equal(bar(1, 500, 10), "[#.........]");
  assert.equal(bar(5, 10, 10), "[#####.....]");
  assert.equal(bar(10, 10, 10), "[##########]");
  assert.equal(bar(0, 0, 4), "[....]");
});

test("a frame is drawn over the last one, in colours only if they are wanted", () => {
  const lines = [{ text: "a", kind: "looping" }, { text: "b", kind: "plain" }] as const;
  assert.equal(frame(lines, { colours: false }), "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
  assert.equal(frame(lines, { colours: true }), "\x1b[H\x1b[1;31ma\x1b[0m\x1b[K\r\nb\x1b[K\x1b[J");
});
