import assert from "node:assert/strict";
import { test } from "node:test";
import { retireAfter } from "../../lib/child/account.ts";

/** maxRequests, startupMs, served, elapsedMs → after how many clients. */
const TABLE: readonly [string, [number, number, number, number], number][] = [
  ["a slow stream of clients asks with the last one", [1000, 50, 10, 10_000], 999],
  ["a quick stream asks three start-up times ahead", [1000, 50, 100, 100], 850],
  ["a start-up that takes longer than all clients asks half-way", [1000, 1000, 100, 100], 500],
  ["an odd number of clients rounds up", [7, 1e6, 1, 1], 4],
  ["one client in all asks with it", [1, 50, 0, 0], 1],
  ["two clients in all ask after one", [2, 50, 1, 1000], 1],
  ["no time at all does not divide by zero", [1000, 50, 100, 0], 500],
  ["nothing served yet is taken for one", [1000, 50, 0, 5000], 999],
  ["a start-up that takes no time still asks one ahead", [1000, 0, 100, 100], 999],
];

for (const [title, args, expected] of TABLE) {
  test(`a successor: ${title}`, () => assert.equal(retireAfter(...args), expected));
}

test("a successor is asked for between half-way and the end, and earlier the quicker clients come", () => {
  for (const maxRequests of [1, 2, 3, 10, 999, 100_000]) {
    for (const startupMs of [0, 1, 40, 3000]) {
      let last = 0;
      for (const elapsedMs of [0, 1, 10, 1000, 1e5, 1e9]) {
        const after = retireAfter(maxRequests, startupMs, 100, elapsedMs);
        assert.ok(Number.isInteger(after) && after >= 1 && after >= maxRequests / 2 && after <= maxRequests);
        assert.ok(after >= last);
        last = after;
      }
    }
  }
});
