import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL, GONE, LineQueue } from "../../lib/log/line_queue.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A reader that takes what it is told to: `room` bytes, or nothing as `fails` says. */
class Reader {
  text = "";
  room = Infinity;
  fails: number | undefined;
  calls = 0;

  write(bytes: Uint8Array): number {
    this.calls++;
    if (this.fails !== undefined) return this.fails;
    const n = Math.min(this.room, bytes.length);
    if (n === 0) return FULL;
    this.room -= n;
    this.text += decoder.decode(bytes.subarray(0, n));
    return n;
  }
}

function queueTo(reader: Reader, capacity = 20): { queue: LineQueue; say: (text: string) => void } {
  const queue = new LineQueue({
    write: (bytes) => reader.write(bytes),
    lostLine: (count) => encoder.encode(`<${count} lost>\n`),
    capacity,
  });
  return { queue, say: (text) => queue.put(encoder.encode(`${text}\n`)) };
}

test("a line that is taken at once costs one call and is not kept", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader);
  say("one");
  say("two");
  assert.deepEqual([reader.text, reader.calls, queue.pending], ["one\ntwo\n", 2, false]);
});

test("lines that are not taken come later, in their order", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader);
  reader.room = 0;
  say("one");
  say("two");
  assert.equal(queue.pending, true);
  assert.equal(queue.flush(), false);
  reader.room = Infinity;
  say("three");
  assert.deepEqual([reader.text, queue.pending], ["one\ntwo\nthree\n", false]);
});

test("of a line that was taken in part, the rest comes before anything else", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader);
  reader.room = 2;
  say("one");
  say("two");
  assert.equal(reader.text, "on");
  reader.room = 3;
  assert.equal(queue.flush(), false);
  assert.equal(reader.text, "one\nt");
  reader.room = Infinity;
  assert.equal(queue.flush(), true);
  assert.equal(reader.text, "one\ntwo\n");
});

test("what is beyond the capacity is lost, and a line in its place says how much", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader, 12);
  reader.room = 0;
  for (const text of ["aaaaa", "bbbbb", "ccccc", "ddddd"]) say(text);
  assert.equal(queue.lost, 2);
  reader.room = Infinity;
  say("eeeee");
  assert.equal(reader.text, "aaaaa\nbbbbb\n<2 lost>\neeeee\n");
  assert.deepEqual([queue.pending, queue.lost], [false, 0]);
});

test("that lines were lost is said as soon as the rest has gone, though nobody says anything more", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader, 6);
  reader.room = 0;
  say("aaaaa");
  say("bbbbb");
  reader.room = Infinity;
  assert.equal(queue.flush(), true);
  assert.equal(reader.text, "aaaaa\n<1 lost>\n");
});

test("a line that still fits does not overtake the gap before it", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader, 12);
  reader.room = 0;
  say("aaaaa");
  say("bbbbbbbbb");
  say("cc");
  assert.equal(queue.lost, 2, "there is no room to tell of the first, so the second is lost with it");
  reader.room = Infinity;
  queue.flush();
  assert.equal(reader.text, "aaaaa\n<2 lost>\n");
});

test("lines to a reader that has gone are counted and not kept; one that comes back hears of them", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader);
  reader.fails = GONE;
  say("one");
  say("two");
  assert.deepEqual([queue.pending, queue.lost], [false, 2]);
  reader.fails = undefined;
  say("three");
  assert.equal(reader.text, "<2 lost>\nthree\n");
});

test("what was kept for a reader that goes is counted as lost", () => {
  const reader = new Reader();
  const { queue, say } = queueTo(reader);
  reader.room = 0;
  say("one");
  say("two");
  reader.fails = GONE;
  assert.equal(queue.flush(), false);
  assert.deepEqual([queue.pending, queue.lost], [false, 2]);
});

test("whatever is taken when, what comes out is whole lines in order, and none is missing without a word", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  for (let round = 0; round < 200; round++) {
    const reader = new Reader();
    const { queue, say } = queueTo(reader, 64);
    const said: string[] = [];
    for (let i = 0; i < 100; i++) {
      reader.room = random(3) === 0 ? random(30) : 0;
      said.push(`${i}:${"x".repeat(random(20))}`);
      say(said[i] as string);
    }
    reader.room = Infinity;
    assert.equal(queue.flush(), true);
    let next = 0;
    for (const line of reader.text.trimEnd().split("\n")) {
      const lost = /^<(\d+) lost>$/.exec(line)?.[1];
      if (lost === undefined) assert.equal(line, said[next++]);
      else next += Number(lost);
    }
    assert.equal(next, said.length);
  }
});
