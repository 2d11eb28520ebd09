import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "../../lib/config/nearest.ts";

test("editDistance counts letters added, dropped, replaced and swapped", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "acb", 1],
    ["abc", "abd", 1],
    ["abc", "ab", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test("nearest finds a word with a slip and none that is only vaguely alike", () => {
  const known = ["port", "host", "max_servers", "max_requests"];
  assert.equal(nearest("prot", known), "port");
  assert.equal(nearest("Max-Servers", known), "max_servers");
  assert.equal(nearest("maxRequests", known), "max_requests");
  assert.equal(nearest("colour", known), undefined);
  assert.equal(nearest("x", known), undefined);
  assert.equal(nearest("x".repeat(10000), known), undefined);
});
