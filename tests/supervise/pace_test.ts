import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../lib/supervise/pace.ts";

test("as many children start at once as there are processors", () => {
  const pace = new Pace(4);
  assert.equal(pace.allowed(0, 50, 0), 4);
  assert.equal(pace.allowed(1, 46, 4), 0);
  assert.equal(pace.allowed(2, 46, 3), 1, "one got ready");
});

test("fewer than that start all at once, and nobody is held back", () => {
  const pace = new Pace(4);
  assert.equal(pace.allowed(0, 3, 0), 3);
  assert.equal(pace.ends, undefined);
});

test("where none gets ready for a while, the number doubles again and again", () => {
  const pace = new Pace(2);
  assert.equal(pace.allowed(0, 50, 0), 2);
  assert.equal(pace.ends, 50);
  assert.equal(pace.allowed(49, 48, 2), 0);
  assert.equal(pace.allowed(50, 48, 2), 2);
  assert.equal(pace.allowed(100, 46, 4), 4);
  assert.equal(pace.allowed(150, 42, 8), 8);
  assert.equal(pace.allowed(200, 34, 16), 16);
  assert.equal(pace.allowed(250, 18, 32), 18, "all of them");
  assert.equal(pace.ends, undefined);
});

test("a child that gets ready in time keeps the number as it is", () => {
  const pace = new Pace(2);
  assert.equal(pace.allowed(0, 10, 0), 2);
  assert.equal(pace.allowed(40, 8, 1), 1);
  assert.equal(pace.allowed(60, 7, 2), 0);
  assert.equal(pace.ends, 90);
});

test("once nobody is held back the number is that of the processors again", () => {
  const pace = new Pace(2);
  pace.allowed(0, 9, 0);
  pace.allowed(50, 7, 2);
  pace.allowed(100, 5, 4);
  assert.equal(pace.allowed(110, 0, 0), 0);
  assert.equal(pace.allowed(500, 9, 0), 2);
});
