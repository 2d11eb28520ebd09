import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteQueue } from "../../lib/connection/byte_queue.ts";
import { MuxInput } from "../../lib/multiplex/mux_input.ts";

const encoder = new TextEncoder();

/** An input, and what receives for it. */
function input(text = ""): { input: MuxInput; receive(text: string | Uint8Array): void } {
  const queue = new ByteQueue();
  const receive = (more: string | Uint8Array) =>
    queue.append(typeof more === "string" ? encoder.encode(more) : more);
  receive(text);
  return { input: new MuxInput(queue), receive };
}

test("a byte order mark is the client's own text, at the start of a line too", () => {
  const { input: mux } = input("\ufeffone\n\ufefftwo\n\ufeffthree");
  assert.deepEqual([...mux.lines()], ["\ufeffone", "\ufefftwo"]);
  assert.equal(mux.text(), "\ufeffthree");
});

test("line gives whole lines without their ends, and leaves the rest", () => {
  const { input: mux, receive } = input("one\r\ntwo\n\r\n\nthr");
  assert.deepEqual([...mux.lines()], ["one", "two", "", ""]);
  assert.equal(mux.length, 3);
  assert.equal(mux.line(), undefined);
  receive("ee\r");
  assert.equal(mux.line(), undefined);
  receive("\nfour");
  assert.equal(mux.line(), "three");
  assert.equal(mux.line(), undefined);
  assert.equal(mux.text(), "four");
  assert.equal(mux.length, 0);
});

test("line keeps a character whole whose bytes come apart", () => {
  const { input: mux, receive } = input();
  for (const byte of encoder.encode("grün €\n")) receive(Uint8Array.of(byte));
  assert.equal(mux.line(), "grün €");
  for (const byte of encoder.encode("é\n")) {
    assert.equal(mux.line(), undefined);
    receive(Uint8Array.of(byte));
  }
  assert.equal(mux.line(), "é");
});

test("line finds the end that was there before something else was consumed", () => {
  const { input: mux, receive } = input("abcdef");
  assert.equal(mux.line(), undefined);
  mux.consume(2);
  receive("\n");
  assert.equal(mux.line(), "cdef");
  receive("xy\nz");
  mux.consume(1);
  assert.equal(mux.line(), "y");
});

test("take copies what it consumes", () => {
  const { input: mux, receive } = input("abc");
  const taken = mux.take(2);
  const rest = mux.take();
  receive("zzz");
  assert.equal(new TextDecoder().decode(taken), "ab");
  assert.equal(new TextDecoder().decode(rest), "c");
  assert.throws(() => mux.take(4), RangeError);
  assert.throws(() => mux.consume(4), RangeError);
  assert.equal(new TextDecoder().decode(mux.bytes), "zzz");
});
