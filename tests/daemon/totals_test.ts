import assert from "node:assert/strict";
import { test } from "node:test";
import { readTotals, Totals, TOTALS_SIZE } from "../../lib/daemon/totals.ts";

const OFFSET = 64;

function memoryOf(): ArrayBuffer {
  return new ArrayBuffer(OFFSET + TOTALS_SIZE);
}

test("what a child told counts on when it has ended, with how it ended", () => {
  const memory = memoryOf();
  const totals = new Totals(memory, OFFSET);
  const released: string[] = [];
  const end = (requests: number, denied: number, death: Parameters<Totals["childEnded"]>[1]) =>
    totals.childEnded({ requests, denied }, death, () => released.push(death));
  end(7, 1, "ended");
  end(2, 0, "failed");
  end(3, 2, "SIGKILL");
  end(1, 0, "SIGKILL");
  end(0, 0, "SIGRT");
  end(0, 0, "timeout");
  end(5, 0, "unknown");
  assert.deepEqual(released, ["ended", "failed", "SIGKILL", "SIGKILL", "SIGRT", "timeout", "unknown"]);
  assert.deepEqual(readTotals(new Uint8Array(memory))?.counts, {
    clients: 18,
    denied: 3,
    deaths: { ended: 1, failed: 1, timeout: 1, unknown: 1, signals: { SIGKILL: 2, another: 1 } },
  });
});

test("totals go on after a restart, and begin with nothing", () => {
  const memory = memoryOf();
  new Uint8Array(memory).fill(0xff, OFFSET); // what an older version had there
  const totals = new Totals(memory, OFFSET);
  assert.deepEqual(readTotals(new Uint8Array(memory))?.counts.clients, 0);
  totals.took();
  totals.took();
  totals.deniedOne();
  const next = new Totals(memory, OFFSET);
  next.took();
  const { clients, denied } = readTotals(new Uint8Array(memory))?.counts ?? {};
  assert.deepEqual([clients, denied], [3, 1]);
});

test("a reader sees that something is being changed, and that it was changed", () => {
  const memory = memoryOf();
  const totals = new Totals(memory, OFFSET);
  const sequence = () => readTotals(new Uint8Array(memory))?.sequence as number;
  const before = sequence();
  assert.equal(before % 2, 0);
  let meanwhile = 0;
  totals.childEnded({ requests: 1, denied: 0 }, "ended", () => meanwhile = sequence());
  assert.equal(meanwhile % 2, 1);
  assert.equal(sequence() % 2, 0);
  assert.notEqual(sequence(), before);
  assert.throws(() =>
    totals.change(() => {
      throw new Error("on purpose");
    })
  );
  assert.equal(sequence() % 2, 0, "what fails is over too");
});

test("a server of an older version has no totals, and none are made up", () => {
  assert.equal(readTotals(new Uint8Array(4096)), undefined);
  assert.equal(readTotals(new Uint8Array(10)), undefined);
});

test("numbers of anybody's are counts, or nothing", () => {
  const memory = memoryOf();
  new Totals(memory, OFFSET);
  const numbers = new Float64Array(memory, OFFSET);
  numbers.set([-5, Infinity, 0.5, NaN], 2);
  assert.deepEqual(readTotals(new Uint8Array(memory)), {
    sequence: 0,
    counts: {
      clients: 0,
      denied: 0,
      deaths: { ended: 0, failed: 0, timeout: 0, unknown: 0, signals: {} },
    },
  });
});
