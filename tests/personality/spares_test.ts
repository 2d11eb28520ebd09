import assert from "node:assert/strict";
import { test } from "node:test";
import { PREFORK_NUMBERS, type SpareNumbers } from "../../lib/personality/spare_numbers.ts";
import { type Decision, type Pace, SHORT_MS, type Sight, SpareRules } from "../../lib/personality/spares.ts";

const PACE = { checkForWaitingMs: 10_000, minChildTtlMs: 10_000 };
const rules = (numbers: Partial<SpareNumbers> = {}, pace: Partial<Pace> = {}) =>
  new SpareRules({ ...PREFORK_NUMBERS, ...numbers }, { ...PACE, ...pace }, 0);
const sight = (more: Partial<Sight>): Sight => ({
  now: 1000,
  starting: 0,
  waiting: 0,
  busy: 0,
  queued: 0,
  lastClient: 1000,
  ...more,
});

/** What is decided where things stay as they are. Net::Server counts a child that starts as one that waits. */
const FIRST: readonly [string, Partial<Sight>, Decision][] = [
  ["none is there", {}, { start: 5, dismiss: 0 }],
  ["some start", { starting: 3 }, { start: 2, dismiss: 0 }],
  ["fewer than min_servers are there, all busy", { busy: 4 }, { start: 1, dismiss: 0 }],
  ["min_servers are there and wait", { waiting: 5 }, { start: 0, dismiss: 0 }],
  ["just min_spare_servers wait", { waiting: 2, busy: 20 }, { start: 0, dismiss: 0 }],
  ["one less than min_spare_servers waits", { waiting: 1, busy: 20 }, { start: 1, dismiss: 0 }],
  ["none waits", { busy: 20 }, { start: 2, dismiss: 0 }],
  ["none waits and one starts", { busy: 20, starting: 1 }, { start: 1, dismiss: 0 }],
  ["none waits and spares start", { busy: 20, starting: 2 }, { start: 0, dismiss: 0 }],
  ["there is room for one only", { busy: 49 }, { start: 1, dismiss: 0 }],
  ["max_servers are busy", { busy: 50 }, { start: 0, dismiss: 0 }],
  ["more than max_servers are there", { busy: 50, waiting: 3 }, { start: 0, dismiss: 3 }],
  ["many wait, but not for long", { waiting: 40 }, { start: 0, dismiss: 0 }],
];

for (const [title, seen, decision] of FIRST) {
  test(`where ${title}, ${decision.start} are started and ${decision.dismiss} dismissed`, () => {
    const mine = rules();
    mine.decide(sight(seen));
    assert.deepEqual(mine.decide(sight({ now: 1000 + SHORT_MS, ...seen })), decision);
  });
}

test("spares are added at once while a client waits, and else when too few have waited for a while", () => {
  assert.equal(rules().decide(sight({ busy: 20, queued: 1 })).start, 2);
  assert.equal(
    rules().decide(sight({ busy: 20, waiting: 1, queued: 1 })).start,
    0,
    "one child for one client",
  );
  assert.equal(rules({}, { serveOnce: true }).decide(sight({ busy: 20, waiting: 1 })).start, 1);
  const mine = rules();
  const starts = [];
  for (const [now, waiting] of [[1000, 1], [1075, 0], [1099, 1], [1100, 1]] as const) {
    starts.push(mine.decide(sight({ now, busy: 20, waiting })).start);
  }
  assert.deepEqual(starts, [0, 0, 0, 1]);
  mine.decide(sight({ now: 1200, busy: 20, waiting: 2 }));
  assert.equal(mine.decide(sight({ now: 1201, busy: 20, waiting: 1 })).start, 0, "it begins anew");
});

/** What is decided after check_for_waiting and min_child_ttl have passed. Net::Server dismisses the whole surplus. */
const LATER: readonly [string, Partial<Sight>, number][] = [
  ["max_spare_servers wait", { waiting: 10, busy: 3 }, 0],
  ["one more waits", { waiting: 11, busy: 3 }, 1],
  ["many more wait", { waiting: 40, busy: 3 }, 15],
  ["the surplus is bounded by min_servers", { waiting: 12 }, 1],
  ["nobody came for half a minute", { waiting: 40, lastClient: -20_000 }, 18],
  ["nobody came for half a minute, and some are busy", { waiting: 9, busy: 1, lastClient: -20_000 }, 3],
  ["nobody came for half a minute, at min_servers", { waiting: 5, lastClient: -20_000 }, 0],
];

for (const [title, seen, dismiss] of LATER) {
  test(`where ${title}, half of the surplus leaves: ${dismiss}`, () => {
    assert.deepEqual(rules().decide(sight({ now: 10_001, ...seen })), { start: 0, dismiss });
  });
}

test("none is dismissed within min_child_ttl of a start, and one check follows another by check_for_waiting", () => {
  const mine = rules();
  assert.equal(mine.decide(sight({ now: 5000, busy: 20, queued: 5 })).start, 2);
  const many = { waiting: 30, lastClient: 5000 };
  assert.equal(mine.decide(sight({ now: 14_000, ...many })).dismiss, 0);
  assert.equal(mine.decide(sight({ now: 16_000, ...many })).dismiss, 0, "the last check was at 14 s");
  assert.equal(mine.decide(sight({ now: 24_000, ...many })).dismiss, 10);
  assert.equal(mine.nextLook(24_000), 34_000);
  mine.decide(sight({ now: 25_000, waiting: 5 }));
  assert.equal(mine.nextLook(25_000), undefined, "at min_servers there is none to dismiss");
});

test("a surplus shrinks by halves until max_spare_servers wait", () => {
  const mine = rules();
  const waiting = [48];
  for (let now = 10_000; now < 80_000; now += 10_000) {
    const left = waiting.at(-1) as number;
    const { dismiss } = mine.decide(sight({ now, waiting: left, lastClient: now }));
    waiting.push(left - dismiss);
  }
  assert.deepEqual(waiting, [48, 29, 19, 14, 12, 11, 10, 10]);
});

test("while clients wait, each look starts twice as many, and no more than there are clients for", () => {
  const mine = rules({ maxServers: 100 });
  const started = [];
  let starting = 0;
  for (let now = 1000; now < 1300; now += 25) {
    const { start } = mine.decide(sight({ now, starting, busy: 5, queued: 59 }));
    starting += start;
    started.push(start);
  }
  assert.deepEqual(started, [2, 4, 8, 16, 31, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(starting, 59 + PREFORK_NUMBERS.minSpareServers);
});

test("looks that follow one another at once do not start more", () => {
  const mine = rules();
  assert.equal(mine.decide(sight({ now: 1000, busy: 5, queued: 30 })).start, 2);
  assert.equal(mine.decide(sight({ now: 1001, busy: 5, starting: 2, queued: 30 })).start, 0);
  assert.equal(mine.decide(sight({ now: 1002, busy: 6, starting: 1, queued: 29 })).start, 1);
});

test("once enough wait, the rate begins anew", () => {
  const mine = rules({ maxServers: 100 });
  for (const now of [1000, 1025, 1050]) mine.decide(sight({ now, busy: 5, queued: 50 }));
  assert.equal(mine.watching, true);
  mine.decide(sight({ now: 1075, busy: 5, waiting: 9 }));
  assert.equal(mine.watching, false);
  assert.equal(mine.nextLook(1075), 10_000, "too many might wait");
  assert.equal(mine.decide(sight({ now: 1100, busy: 14, queued: 50 })).start, 2);
});

test("where the system does not say who waits, each generation is twice as large", () => {
  const mine = rules({ maxServers: 100 });
  const started = [];
  let busy = 5;
  for (let now = 1000; now < 1300; now += 50) {
    const { start } = mine.decide(sight({ now, busy, queued: undefined }));
    busy += start;
    started.push(start);
  }
  assert.deepEqual(started, [2, 4, 8, 16, 32, 32]);
});

test("a bound on starts at once holds, whatever the demand", () => {
  const mine = rules({ minServers: 0, minSpareServers: 4 }, { maxStarting: 4 });
  assert.equal(mine.decide(sight({ starting: 3, queued: 90 })).start, 1);
  assert.equal(mine.decide(sight({ now: 2000, starting: 4, queued: 90 })).start, 0);
});

test("TTIN and TTOU change min_servers and max_servers together", () => {
  const mine = rules();
  mine.scale(1);
  assert.deepEqual(mine.numbers, { ...PREFORK_NUMBERS, minServers: 6, maxServers: 51 });
  mine.scale(-1);
  mine.scale(-1);
  assert.deepEqual(mine.numbers, { ...PREFORK_NUMBERS, minServers: 4, maxServers: 49 });
  for (let i = 0; i < 60; i++) mine.scale(-1);
  assert.deepEqual(mine.numbers, { ...PREFORK_NUMBERS, minServers: 1, maxServers: 1 });
  const fork = rules({ minServers: 0, maxServers: 3 });
  fork.scale(1);
  assert.equal(fork.numbers.minServers, 0, "Fork has no minimum, before and after");
});

test("full is full: nobody looks or is asked to wake, whatever the demand", () => {
  const mine = rules();
  mine.decide(sight({ busy: 50, queued: 100 }));
  assert.equal(mine.isFull, true);
  assert.equal(mine.watching, false);
  assert.equal(mine.nextLook(1000), 10_000, "children may have become too many by then");
});

test("no mixture of children leads beyond the four numbers", () => {
  const numbers = { minServers: 3, minSpareServers: 2, maxSpareServers: 4, maxServers: 8 };
  for (let mixture = 0; mixture < 12 ** 3; mixture++) {
    const [starting = 0, waiting = 0, busy = 0] = [1, 12, 144].map((unit) => Math.floor(mixture / unit) % 12);
    const total = starting + waiting + busy;
    for (const queued of [undefined, 0, 7]) {
      const mine = rules(numbers);
      for (const now of [1000, 11_000, 11_100, 21_000]) {
        const { start, dismiss } = mine.decide(sight({ now, starting, waiting, busy, queued }));
        assert.ok(start === 0 || dismiss === 0);
        assert.ok(start === 0 || total + start <= numbers.maxServers, "not above max_servers");
        assert.ok(start === 0 || total < numbers.minServers || waiting < numbers.minSpareServers);
        if (total <= numbers.maxServers) {
          assert.ok(dismiss === 0 || total - dismiss >= numbers.minServers, "not below min_servers");
          assert.ok(dismiss === 0 || waiting - dismiss >= numbers.maxSpareServers);
        } else {
          assert.equal(total - dismiss, numbers.maxServers);
        }
        if (total < numbers.minServers) assert.ok(total + start >= numbers.minServers);
      }
    }
  }
});
