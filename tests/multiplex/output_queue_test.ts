import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { FULL, OutputQueue } from "../../lib/multiplex/output_queue.ts";
import { errnoName } from "../../lib/os/errno.ts";
import { pollHere, POLLOUT } from "../../lib/os/wait.ts";
import { connect, type Pair } from "../connection/pair.ts";
import { timeout } from "../support/limits.ts";
import { until, within } from "../support/until.ts";

const BLOCK = 65536;

async function withQueue(body: (queue: OutputQueue, fd: number, pair: Pair) => Promise<void>): Promise<void> {
  const pair = await connect("127.0.0.1", { inReceive: false });
  try {
    await body(new OutputQueue(), pair.connection.fd, pair);
  } finally {
    pair.connection.close();
    pair.client.destroy();
  }
}

/** A block whose bytes tell its number. */
function block(number: number): Uint8Array {
  return new Uint8Array(BLOCK).fill(number % 251);
}

/** Writes until the socket, whose other end reads nothing, takes no more; returns how many blocks were written. */
function fill(queue: OutputQueue, fd: number): number {
  for (let number = 0;; number++) {
    assert.equal(queue.write(fd, block(number), 1 << 30), 0);
    if (queue.length > 0) return number + 1;
  }
}

test("what the socket takes does not wait", { timeout }, async () => {
  await withQueue(async (queue, fd, { client }) => {
    const heard = once(client, "data");
    client.resume();
    assert.equal(queue.write(fd, new TextEncoder().encode("hello"), 0), 0);
    assert.equal(queue.length, 0);
    await within(queue.drained(), "nothing waits");
    assert.equal(String((await heard)[0]), "hello");
  });
});

test("what the socket does not take is kept, and sent before anything newer", { timeout }, async () => {
  await withQueue(async (queue, fd, { client }) => {
    const blocks = fill(queue, fd);
    const waiting = queue.length;
    let isDrained = false;
    const drained = queue.drained().then(() => isDrained = true);
    let received = 0;
    let wrong = 0;
    client.on("data", (bytes: Uint8Array) => {
      for (const byte of bytes) if (byte !== Math.floor(received++ / BLOCK) % 251) wrong++;
    });
    client.resume();
    await until(() => pollHere(fd, POLLOUT, 0), "room in the socket");
    // The room is for what waits.
    assert.equal(queue.write(fd, block(blocks), 1 << 30), 0);
    assert.equal(queue.length, waiting + BLOCK);
    await until(() => {
      if (queue.length > 0) assert.equal(isDrained, false);
      assert.equal(queue.flush(fd), 0);
      return queue.length === 0;
    }, () => `the queue is empty; ${queue.length} bytes wait`);
    await within(drained, "who waits is told");
    await until(() => received === (blocks + 1) * BLOCK, () => `all bytes; ${received} came`);
    assert.equal(wrong, 0);
  });
});

test("more than may wait is refused whole", { timeout }, async () => {
  await withQueue(async (queue, fd) => {
    fill(queue, fd);
    const waiting = queue.length;
    assert.equal(queue.write(fd, block(0), waiting + BLOCK - 1), FULL);
    assert.equal(queue.length, waiting);
    assert.equal(queue.write(fd, block(0), waiting + BLOCK), 0);
    assert.equal(queue.length, waiting + BLOCK);
    await Promise.resolve();
  });
});

test("who waits for a queue that is dropped waits no more", { timeout }, async () => {
  await withQueue(async (queue, fd) => {
    fill(queue, fd);
    const both = Promise.all([queue.drained(), queue.drained()]);
    queue.clear();
    assert.equal(queue.length, 0);
    await within(both, "both are told");
    assert.equal(queue.flush(fd), 0);
  });
});

test("a client that has gone is told by the number of the error", { timeout }, async () => {
  await withQueue(async (queue, fd, { client }) => {
    fill(queue, fd);
    const closed = once(client, "close");
    client.resetAndDestroy();
    await closed;
    const waiting = queue.length;
    assert.match(errnoName(queue.flush(fd)), /^(ECONNRESET|EPIPE)$/);
    assert.equal(queue.length, waiting);
    queue.clear();
    assert.match(errnoName(queue.write(fd, block(0), 1 << 30)), /^(ECONNRESET|EPIPE)$/);
  });
});
