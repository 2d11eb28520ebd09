import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../lib/supervise/pace.ts";

/** A pace at which the very first child has got ready. */
function begun(processors: number): Pace {
  const pace = new Pace(processors);
  pace.allowed(-2, 1, 0);
  pace.allowed(-1, 0, 0);
  return pace;
}

test("as many children start at once as there are processors", () => {
  const pace = begun(4);
  assert.equal(pace.allowed(0, 50, 0), 4);
  assert.equal(pace.allowed(1, 46, 4), 0);
  assert.equal(pace.allowed(2, 46, 3), 1, "one got ready");
});

test("the very first ones are half as many, until one is ready", () => {
  const pace = new Pace(4);
  assert.equal(pace.allowed(0, 0, 0), 0, "nobody is wanted yet");
  assert.equal(pace.allowed(1, 50, 0), 2);
  assert.equal(pace.allowed(2, 48, 2), 0);
  assert.equal(pace.ends, 51);
  assert.equal(pace.allowed(3, 48, 1), 3, "one got ready: now as many as there are processors");
  assert.equal(pace.allowed(4, 45, 4), 0);
});

test("on one processor the very first child starts alone, and others do not wait for it for long", () => {
  const pace = new Pace(2);
  assert.equal(pace.allowed(0, 8, 0), 1);
  assert.equal(pace.allowed(49, 7, 1), 0);
  assert.equal(pace.allowed(50, 7, 1), 1);
  assert.equal(pace.allowed(100, 6, 2), 2);
});

test("fewer than that start all at once, and nobody is held back", () => {
  const pace = begun(4);
  assert.equal(pace.allowed(0, 3, 0), 3);
  assert.equal(pace.ends, undefined);
});

test("where none gets ready for a while, the number doubles again and again", () => {
  const pace = begun(2);
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
  const pace = begun(2);
  assert.equal(pace.allowed(0, 10, 0), 2);
  assert.equal(pace.allowed(40, 8, 1), 1);
  assert.equal(pace.allowed(60, 7, 2), 0);
  assert.equal(pace.ends, 90);
});

test("once nobody is held back the number is that of the processors again", () => {
  const pace = begun(2);
  pace.allowed(0, 9, 0);
  pace.allowed(50, 7, 2);
  pace.allowed(100, 5, 4);
  assert.equal(pace.allowed(110, 0, 0), 0);
  assert.equal(pace.allowed(500, 9, 0), 2);
});
