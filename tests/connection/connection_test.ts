import assert from "node:assert/strict";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import { test } from "node:test";
import { ConnectionError } from "../../lib/errors.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { timeout } from "../support/limits.ts";
import { pass, until, within } from "../support/until.ts";
import { connect, readText, withPair } from "./pair.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

const code = (...codes: string[]) => (error: unknown) => {
  assert.ok(error instanceof ConnectionError, `a ConnectionError, not ${error}`);
  assert.ok(codes.includes(error.code), `${codes}, not ${error.code}`);
  return true;
};

const encode = (text: string) => new TextEncoder().encode(text);

/** Eight megabytes in which each place can be told from the next. */
function pattern(length: number): Uint8Array {
  const words = new Uint32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = i;
  return new Uint8Array(words.buffer);
}

/** What a descriptor is open on; undefined if it is closed. */
function target(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

test("what the client writes is read, and what is written arrives", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const all = received();
    client.write("hello");
    assert.equal(await readText(connection, 5), "hello");
    assert.equal(await connection.write(encode("abc")), 3);
    await connection.print("déjà");
    await connection.closeWrite();
    assert.equal(Buffer.from(await all, "latin1").toString(), "abcdéjà");
  });
});

test("a read takes no more than fits, and the rest stays for the next", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("abcdef");
    assert.equal(await readText(connection, 2), "ab");
    assert.equal(await readText(connection, 4), "cdef");
    assert.equal(await connection.read(new Uint8Array(0)), 0);
  });
});

test("a read without waiting says undefined where nothing came", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    assert.equal(connection.receive(new Uint8Array(1)), undefined);
    client.write("x");
    await connection.whenReadable();
    assert.equal(connection.receive(new Uint8Array(1)), 1);
  });
});

test("eight megabytes arrive whole at a reader that is slow", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const bytes = pattern(8 << 20);
    let done = false;
    const writing = connection.write(bytes).then((n) => {
      done = true;
      return n;
    });
    assert.equal(done, false);
    const parts: Buffer[] = [];
    let length = 0;
    while (length < bytes.length) {
      const part = client.read() as Buffer | null;
      if (part === null) {
        await once(client, "readable");
        continue;
      }
      parts.push(part);
      length += part.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await writing, bytes.length);
    assert.ok(Buffer.concat(parts).equals(bytes));
  });
});

test("a large text arrives whole although it is larger than what print keeps", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    const text = "0123456789".repeat(300_000);
    const all = received();
    await connection.print(text);
    await connection.closeWrite();
    assert.equal(await all, text);
  });
});

test("a text that is given to write is refused in words: print is for texts", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    const all = received();
    // What code without types may do.
    await assert.rejects(connection.write("lost" as unknown as Uint8Array), {
      name: "TypeError",
      message: "Cannot write a string: write takes bytes; call print for a text",
    });
    await connection.print("text");
    await connection.closeWrite();
    assert.equal(await all, "text");
  });
});

test("writes and prints that overlap keep their order", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    const big = "x".repeat(3 << 20);
    const writes = [
      connection.print("1"),
      connection.write(encode(big)),
      connection.print("2"),
      connection.write(encode("3")),
      connection.print(big),
      connection.print("4"),
      connection.closeWrite(),
    ];
    const all = received();
    await Promise.all(writes);
    assert.ok(await all === `1${big}23${big}4`);
  });
});

test("the client's end is null again and again, and can still be answered", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const all = received();
    client.end("last");
    assert.equal(await readText(connection, 100), "last");
    assert.equal(await connection.read(new Uint8Array(8)), null);
    assert.equal(await connection.read(new Uint8Array(8)), null);
    await connection.print("answer");
    connection.close();
    assert.equal(await all, "answer");
  });
});

test("after the writing side is closed the client is still heard", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    await connection.print("bye");
    await connection.closeWrite();
    assert.equal(await received(), "bye");
    client.write("still here");
    assert.equal(await readText(connection, 10), "still here");
    await assert.rejects(async () => await connection.print("x"), code("EPIPE"));
  });
});

test("a client that resets while it is written to fails the write", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const writing = connection.write(pattern(8 << 20));
    const failed = assert.rejects(writing, code("EPIPE", "ECONNRESET"));
    client.destroy(); // unread data makes it a reset
    await failed;
    await assert.rejects(async () => await connection.print("x"), code("EPIPE", "ECONNRESET"));
  });
});

test("a read fails with ETIMEDOUT by the connection's timeout, and by its own", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const bytes = new Uint8Array(8);
    await assert.rejects(connection.read(bytes, { timeout: 20 }), code("ETIMEDOUT"));
    connection.timeout = 20;
    await assert.rejects(
      connection.read(bytes),
      /Cannot read from 127\.0\.0\.1:\d+: timed out after 20 ms/,
    );
    const waiting = connection.read(bytes, { timeout: 0 });
    client.write("late");
    assert.equal(await waiting, 4);
  });
});

test("a write fails with ETIMEDOUT when the client does not read", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    connection.timeout = 50;
    await assert.rejects(connection.write(pattern(16 << 20)), code("ETIMEDOUT"));
  });
});

test("an aborted read fails with ECANCELED and loses no byte", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const abort = new AbortController();
    const read = connection.read(new Uint8Array(8), { signal: abort.signal });
    abort.abort(new Error("why"));
    await assert.rejects(
      read,
      (error) => code("ECANCELED")(error) && /why/.test(String((error as Error).cause)),
    );
    client.write("abc");
    assert.equal(await readText(connection, 3), "abc");
  });
});

test("a read with a signal that was aborted before fails with ECANCELED", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    const read = connection.read(new Uint8Array(8), { signal: AbortSignal.abort() });
    await assert.rejects(read, code("ECANCELED"));
  });
});

test("a read after an aborted one has a timeout of its own", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const abort = new AbortController();
    const read = connection.read(new Uint8Array(8), { signal: abort.signal, timeout: 0 });
    abort.abort();
    await assert.rejects(read, code("ECANCELED"));
    const late = connection.read(new Uint8Array(8), { timeout: 30 });
    await within(assert.rejects(late, code("ETIMEDOUT")), "the second read's own timeout");
    client.write("z");
    assert.equal(await readText(connection, 1), "z");
  });
});

test("a longer timeout is not cut short by an aborted read's", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const abort = new AbortController();
    const read = connection.read(new Uint8Array(8), { signal: abort.signal, timeout: 40 });
    abort.abort();
    await assert.rejects(read, code("ECANCELED"));
    const late = connection.read(new Uint8Array(8), { timeout: 1_000_000 });
    await pass(120); // the aborted one's time
    client.write("z");
    assert.equal(await late, 1);
  });
});

test("a close gives up a read that waits, and what follows", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    const read = connection.read(new Uint8Array(8));
    const failed = assert.rejects(read, code("EBADF"));
    assert.equal(connection.closed, false);
    connection.close();
    assert.equal(connection.closed, true);
    await failed;
    await assert.rejects(async () => await connection.read(new Uint8Array(8)), code("EBADF"));
    await assert.rejects(async () => await connection.write(encode("x")), code("EBADF"));
    await assert.rejects(async () => await connection.print("x"), code("EBADF"));
    await connection.closeWrite();
    assert.equal(await received(), "");
  });
});

test("a failure is a rejection, not an exception, for who calls without await", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    connection.close();
    const calls = [connection.read(new Uint8Array(1)), connection.write(encode("x")), connection.print("x")];
    for (const call of calls) await assert.rejects(call, code("EBADF"));
  });
});

test("the descriptor is closed once, and not again by a second close", { timeout, skip }, async () => {
  await withPair(async ({ connection }) => {
    assert.match(target(connection.fd) ?? "", /^socket:/);
    connection.close();
    const pipes = Array.from({ length: 4 }, () => createPipe());
    const ends = pipes.flatMap(({ read, write }) => [read, write]);
    try {
      connection.close();
      connection[Symbol.dispose]();
      for (const fd of ends) assert.match(target(fd) ?? "closed", /^pipe:/);
    } finally {
      ends.forEach(closeFd);
    }
    await Promise.resolve();
  });
});

test("a descriptor that is waited for is closed once the wait has ended", { timeout, skip }, async () => {
  await withPair(async ({ connection }) => {
    const socket = target(connection.fd);
    const read = connection.read(new Uint8Array(8));
    connection.close();
    await assert.rejects(read, code("EBADF"));
    assert.notEqual(target(connection.fd), socket);
  });
});

test("a close gives up a write that waits", { timeout, skip }, async () => {
  await withPair(async ({ connection }) => {
    const socket = target(connection.fd);
    const failed = assert.rejects(connection.write(pattern(16 << 20)), code("EBADF"));
    const queued = assert.rejects(connection.print("behind it"), code("EBADF"));
    connection.close();
    await failed;
    await queued;
    assert.notEqual(target(connection.fd), socket);
  });
});

test(
  "a wait that an aborted read left behind does not keep the descriptor open",
  { timeout, skip },
  async () => {
    await withPair(async ({ connection }) => {
      const socket = target(connection.fd);
      for (let i = 0; i < 3; i++) {
        const abort = new AbortController();
        const read = connection.read(new Uint8Array(8), { signal: abort.signal });
        abort.abort();
        await assert.rejects(read, code("ECANCELED"));
      }
      connection.close();
      await until(() => target(connection.fd) !== socket, "the descriptor is closed");
    });
  },
);

test("reading and writing wait at the same time", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const read = readText(connection, 4);
    const bytes = pattern(4 << 20);
    const write = connection.write(bytes);
    client.write("ping");
    assert.equal(await read, "ping");
    const all = received();
    assert.equal(await write, bytes.length);
    await connection.closeWrite();
    assert.equal((await all).length, bytes.length);
  });
});

test("addresses are those of the two ends, over IPv4 and IPv6", { timeout }, async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    await withPair(async ({ connection, client }) => {
      assert.deepEqual(connection.remoteAddr, { transport: "tcp", hostname, port: client.localPort });
      assert.deepEqual(connection.localAddr, { transport: "tcp", hostname, port: client.remotePort });
      connection.setNoDelay();
      connection.setNoDelay({ on: false });
      await Promise.resolve();
    }, hostname);
  }
});

test("the signal is aborted by abort and by close", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    const { signal } = connection;
    assert.equal(signal.aborted, false);
    connection.abort("stop");
    assert.equal(signal.reason, "stop");
    await Promise.resolve();
  });
  await withPair(async ({ connection }) => {
    connection.abort("stop");
    assert.equal(connection.signal.aborted, true, "asked for later");
    assert.equal(connection.signal.reason, "stop");
    connection.close();
    assert.equal(connection.signal.reason, "stop");
    await Promise.resolve();
  });
  await withPair(async ({ connection }) => {
    const { signal } = connection;
    connection.close();
    assert.equal(signal.aborted, true);
    await Promise.resolve();
  });
  await withPair(async ({ connection }) => {
    connection.close();
    assert.equal(connection.signal.aborted, true);
    await Promise.resolve();
  });
});

test("the readable stream gives what comes up to the end", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    assert.equal(connection.readable, connection.readable);
    client.write("one ");
    client.end("two");
    let text = "";
    for await (const part of connection.readable) text += new TextDecoder().decode(part);
    assert.equal(text, "one two");
  });
});

test("the readable stream fails when the connection is closed", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    const read = connection.readable.getReader().read();
    connection.close();
    await assert.rejects(read, code("EBADF"));
  });
});

test("a cancelled readable stream ends the reading, not the writing", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    await connection.readable.cancel();
    assert.equal(await connection.read(new Uint8Array(1)), null);
    await connection.print("still written");
    await connection.closeWrite();
    assert.equal(await received(), "still written");
  });
});

test("the writable stream writes in order, and its close closes that side only", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const all = received();
    const big = pattern(1 << 20);
    const writer = connection.writable.getWriter();
    writer.write(encode("<"));
    writer.write(big);
    writer.write(encode(">"));
    await writer.close();
    const text = await all;
    assert.equal(text.length, big.length + 2);
    assert.ok(text.startsWith("<") && text.endsWith(">"));
    client.write("x");
    assert.equal(await readText(connection, 1), "x");
  });
});

test("an aborted writable stream closes the connection", { timeout }, async () => {
  await withPair(async ({ connection }) => {
    await connection.writable.abort();
    assert.equal(connection.closed, true);
  });
});

test("a stream can be piped back to its sender", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const all = received();
    const text = "echo ".repeat(100_000);
    client.end(text);
    await connection.readable.pipeTo(connection.writable);
    assert.ok(await all === text);
  });
});

test("as a duplex it reads, writes and ends as node:net does", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const duplex = await connection.duplex();
    const all = received();
    const text = "0123456789".repeat(50_000);
    client.end(text);
    let heard = "";
    for await (const part of duplex.iterator({ destroyOnReturn: false })) heard += part;
    assert.ok(heard === text);
    duplex.end(text);
    assert.ok(await all === text);
    duplex.destroy();
    assert.equal(connection.closed, true);
  });
});

test("a duplex whose client is gone has an error event, not an exception", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const duplex = await connection.duplex();
    const reset = connection.write(pattern(8 << 20)).catch(() => {});
    client.destroy();
    await reset;
    const failed = once(duplex, "error");
    duplex.write("more");
    const [error] = await within(failed, "the error event");
    code("EPIPE", "ECONNRESET")(error);
  });
});

test("node:http answers a request over a duplex", { timeout }, async () => {
  await withPair(async ({ connection, client, received }) => {
    const server = createServer((request, response) => {
      response.setHeader("connection", "close");
      response.end(`${request.method} ${request.url}`);
    });
    server.emit("connection", await connection.duplex());
    const all = received();
    client.write("GET /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answer = await within(all, "the answer");
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /GET \/path/);
  });
});

for (const inReceive of [true, false]) {
  const how = inReceive ? "within the call that receives" : "before the call that receives";
  test(`after a write, a read that waits ${how} gives what the peer answers, soon or late`, async () => {
    const pair = await connect("127.0.0.1", { inReceive });
    try {
      for (const pauseMs of [0, 30]) {
        const asked = once(pair.client, "data");
        pair.client.resume();
        await pair.connection.print("ask\n");
        const answer = readText(pair.connection, 7);
        await asked;
        if (pauseMs > 0) await pass(pauseMs); // a timer, which has its turn while the read waits
        pair.client.write("answer\n");
        assert.equal(await answer, "answer\n");
      }
      await pair.connection.print("more?\n");
      pair.client.end();
      assert.equal(await pair.connection.read(new Uint8Array(9)), null);
    } finally {
      pair.connection.close();
      pair.client.destroy();
    }
  });
}
