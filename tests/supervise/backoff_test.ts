import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../lib/supervise/backoff.ts";

test("without a failure any number may be started at once", () => {
  const backoff = new Backoff();
  assert.equal(backoff.allowed(0), Infinity);
  assert.equal(backoff.ends(0), undefined);
  assert.equal(backoff.failures, 0);
});

test("the pause doubles from failure to failure, up to half a minute", () => {
  const backoff = new Backoff();
  const pauses = Array.from({ length: 12 }, () => backoff.fail(0));
  assert.deepEqual(pauses.slice(0, 9), [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]);
  assert.deepEqual(pauses.slice(9), [30_000, 30_000, 30_000]);
  assert.equal(backoff.failures, 12);
  for (let i = 0; i < 2000; i++) assert.equal(backoff.fail(0), 30_000); // nor does it run over
});

test("none is started during the pause, and one for a try after it", () => {
  const backoff = new Backoff();
  backoff.fail(1000);
  assert.deepEqual([backoff.allowed(1000), backoff.allowed(1099), backoff.allowed(1100)], [0, 0, 1]);
  assert.deepEqual([backoff.ends(1000), backoff.ends(1099), backoff.ends(1100)], [1100, 1100, undefined]);
});

test("children that are killed while others work are no failure, however many", () => {
  const backoff = new Backoff();
  for (let i = 0; i < 1000; i++) assert.equal(backoff.killed({ othersWork: true }), false);
});

test("children that are killed one after the other, with none at work, are a failure in the end", () => {
  const backoff = new Backoff();
  const killed = (times: number) =>
    Array.from({ length: times }, () => backoff.killed({ othersWork: false }));
  assert.deepEqual(killed(12), [...new Array(10).fill(false), true, true]);
  backoff.succeed();
  assert.deepEqual(killed(10), new Array(10).fill(false), "one that lived begins the count anew");
  assert.equal(backoff.killed({ othersWork: true }), false);
  assert.deepEqual(killed(11), [...new Array(10).fill(false), true], "and so does one that works");
});

test("a child that lives ends the pauses", () => {
  const backoff = new Backoff();
  backoff.fail(0);
  backoff.fail(0);
  backoff.succeed();
  assert.equal(backoff.allowed(0), Infinity);
  assert.equal(backoff.ends(0), undefined);
  assert.equal(backoff.fail(0), 100);
});
