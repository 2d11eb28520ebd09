import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../config/net_server.ts";
import { ByteQueue } from "../../lib/connection/byte_queue.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

test("a ByteQueue gives what was put in, in its order", () => {
  const queue = new ByteQueue();
  queue.append(bytes(1, 2, 3));
  queue.append(bytes(4));
  queue.consume(2);
  queue.append(bytes(5, 6));
  assert.deepEqual(queue.bytes, bytes(3, 4, 5, 6));
  assert.equal(queue.length, 4);
  queue.clear();
  assert.equal(queue.length, 0);
  assert.deepEqual(queue.bytes, bytes());
});

test("a ByteQueue consumes no more than there is", () => {
  const queue = new ByteQueue();
  queue.append(bytes(1, 2));
  for (const count of [3, -1, 0.5, NaN]) {
    assert.throws(() => queue.consume(count), /^RangeError: Cannot consume .* bytes: there are 2$/);
  }
  queue.consume(0);
  assert.equal(queue.length, 2);
});

test("a ByteQueue is an array, whatever is appended and consumed", () => {
  const random = randomNumbers(7);
  const queue = new ByteQueue();
  let model: number[] = [];
  for (let round = 0; round < 5000; round++) {
    if (random() < 0.5) {
      const more = Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256));
      queue.append(Uint8Array.from(more));
      model.push(...more);
    } else {
      const count = Math.floor(random() * (model.length + 1));
      queue.consume(count);
      model = model.slice(count);
    }
    assert.equal(queue.length, model.length);
    assert.deepEqual(queue.bytes, Uint8Array.from(model));
  }
});

test("a ByteQueue that is consumed as it is filled does not grow", () => {
  const queue = new ByteQueue();
  queue.append(new Uint8Array(1000));
  for (let i = 0; i < 10_000; i++) {
    queue.append(new Uint8Array(100));
    queue.consume(100);
  }
  assert.ok(queue.bytes.buffer.byteLength <= 4096, `${queue.bytes.buffer.byteLength} bytes of memory`);
});

test("an empty ByteQueue gives large memory back", () => {
  const queue = new ByteQueue();
  queue.append(new Uint8Array(1 << 20));
  queue.consume(1 << 20);
  assert.equal(queue.bytes.buffer.byteLength, 0);
});
