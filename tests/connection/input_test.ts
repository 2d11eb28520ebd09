import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import type { Connection } from "../../lib/connection/connection.ts";
import { ConnectionError } from "../../lib/errors.ts";
import { randomNumbers } from "../config/net_server.ts";
import { pass, until, within } from "../support/until.ts";
import { readText, withPair } from "./pair.ts";

const timeout = 60_000;

const failsWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof ConnectionError, `a ConnectionError, not ${error}`);
  assert.equal(error.code, code);
  return true;
};

const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder("latin1").decode(bytes);

test("a command and its data are read as memcached's are", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.end("set k 0 0 5\r\nhello\r\nget k\r\n");
    const seen: unknown[] = [];
    for await (const line of connection.lines()) {
      seen.push(line);
      const length = Number(/^set \w+ 0 0 (\d+)$/.exec(line)?.[1] ?? 0);
      if (length > 0) seen.push(text(await connection.readExactly(length)), await connection.readLine());
    }
    assert.deepEqual(seen, ["set k 0 0 5", "hello", "", "get k"]);
  });
});

test("read within lines() goes on behind the line", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("set k 0 0 5\r\nhello\r\nget k\r\n");
    for await (const line of connection.lines()) {
      assert.equal(line, "set k 0 0 5");
      assert.equal(await readText(connection, 7), "hello\r\n");
      break;
    }
    assert.equal(await connection.readLine(), "get k");
  });
});

test("each way to read goes on where the last one stopped", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
    assert.equal(await connection.readLine(), "one");
    const reader = connection.readable.getReader();
    assert.equal(text((await reader.read()).value ?? null), "two\nthree\nfour\nfive\nsix\nseven\n");
    reader.releaseLock();
    client.write("eight\nnine\nten");
    assert.equal((await connection.lines().next()).value, "eight");
    const duplex = await connection.duplex();
    await once(duplex, "readable");
    assert.equal(String(duplex.read()), "nine\nten");
    client.end("\neleven\n");
    assert.deepEqual(await Array.fromAsync(connection.lines()), ["", "eleven"]);
    duplex.destroy();
  });
});

test("each call has its own limit for lines", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write(`short\n${"x".repeat(35)}\n${"y".repeat(35)}\n`);
    for await (const line of connection.lines({ maxLength: 10 })) {
      assert.equal(line, "short");
      break;
    }
    await assert.rejects(connection.readLine({ maxLength: 34 }), failsWith("EMSGSIZE"));
    // What was too long stays.
    for await (const line of connection.lines({ maxLength: 35 })) {
      assert.equal(line, "x".repeat(35));
      break;
    }
    await assert.rejects(connection.lines({ maxLength: 10 }).next(), failsWith("EMSGSIZE"));
    assert.equal(await connection.readLine(), "y".repeat(35));
    await assert.rejects(connection.readLine({ maxLength: 0 }), RangeError);
  });
});

test("readLine gives a last line without an end, and then null", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.end("a\nb");
    assert.equal(await connection.readLine(), "a");
    assert.equal(await connection.readLine(), "b");
    assert.equal(await connection.readLine(), null);
    assert.equal(await connection.readLine(), null);
  });
});

test("readExactly gives null at the end, and fails where the end cuts it short", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.end("abcdef");
    assert.equal(text(await connection.readExactly(0)), "");
    assert.equal(text(await connection.readExactly(4)), "abcd");
    await assert.rejects(
      connection.readExactly(4),
      (error: Error) =>
        failsWith("ENODATA")(error) && /^Cannot read 4 bytes from 127.*after 2$/.test(error.message),
    );
    assert.equal(await readText(connection, 2), "ef");
    assert.equal(await connection.readExactly(1), null);
    assert.equal(text(await connection.readExactly(0)), "");
  });
  await withPair(async ({ connection }) => {
    for (const length of [-1, 1.5, NaN, Infinity]) {
      await assert.rejects(connection.readExactly(length), RangeError);
    }
  });
});

test("readExactly gathers what comes bit by bit, however long it is", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    const big = "0123456789".repeat(200_000);
    const read = connection.readExactly(big.length);
    client.write(big.slice(0, 7));
    await pass(5);
    client.write(big.slice(7));
    client.write("rest");
    assert.ok(text(await read) === big);
    assert.equal(text(await connection.readExactly(4)), "rest");
  });
});

test("a read that is given up loses no byte, whichever way it reads", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("par");
    await assert.rejects(connection.readLine({ timeout: 20 }), failsWith("ETIMEDOUT"));
    await assert.rejects(connection.readExactly(9, { timeout: 20 }), failsWith("ETIMEDOUT"));
    await assert.rejects(connection.lines({ timeout: 20 }).next(), failsWith("ETIMEDOUT"));
    connection.timeout = 20;
    await assert.rejects(connection.readLine(), failsWith("ETIMEDOUT"));
    const abort = new AbortController();
    const reads = [
      connection.readLine({ signal: abort.signal, timeout: 0 }),
      connection.readExactly(9, { signal: abort.signal, timeout: 0 }),
    ];
    abort.abort();
    for (const read of reads) await assert.rejects(read, failsWith("ECANCELED"));
    connection.timeout = 0;
    client.write("tly\nnext\n");
    assert.equal(await connection.readLine({ timeout: 0 }), "partly");
    assert.equal(text(await connection.readExactly(5)), "next\n");
  });
});

test("what was received and not read is not read after a close", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("one\ntwo\n");
    assert.equal(await connection.readLine(), "one");
    connection.close();
    await assert.rejects(connection.readLine(), failsWith("EBADF"));
    await assert.rejects(connection.lines().next(), failsWith("EBADF"));
    await assert.rejects(connection.readExactly(1), failsWith("EBADF"));
    await assert.rejects(connection.read(new Uint8Array(1)), failsWith("EBADF"));
  });
});

test(
  "a peer that sends lines without a pause does not keep timers from their turn",
  { timeout },
  async () => {
    for (const way of ["lines", "readLine"] as const) {
      await withPair(async ({ connection, client }) => {
        client.write("x\n".repeat(3000));
        // All of it is there before the first is read, so that no read has to wait.
        await until(() => client.writableLength === 0);
        await connection.whenReadable();
        let turns = 0;
        const count = () => {
          turns++;
          again = setImmediate(count);
        };
        let again = setImmediate(count);
        const lines = connection.lines();
        for (let i = 0; i < 2500; i++) await (way === "lines" ? lines.next() : connection.readLine());
        clearImmediate(again);
        assert.ok(turns >= 2500 >> 8, `${turns} turns while 2500 lines were read by ${way}`);
      });
    }
  },
);

/** What a mix of reads works on. */
interface Mix {
  readonly connection: Connection;
  readonly duplex: Duplex;
  readonly random: (below: number) => number;
}

/** The ways to read: each gives what it took; null at the end. Lines are given their ends back. */
const WAYS: readonly ((mix: Mix) => Promise<string | null>)[] = [
  async ({ connection, random }) => {
    const bytes = new Uint8Array(1 + random(30));
    const n = await connection.read(bytes);
    return n === null ? null : text(bytes.subarray(0, n));
  },
  async ({ connection }) => {
    const line = await connection.readLine();
    return line === null ? null : `${line}\n`;
  },
  async ({ connection }) => {
    const { value, done } = await connection.lines().next();
    return done ? null : `${value}\n`;
  },
  async ({ connection, random }) => {
    const length = 1 + random(40);
    try {
      return text(await connection.readExactly(length));
    } catch (error) {
      failsWith("ENODATA")(error);
      return "";
    }
  },
  async ({ connection }) => {
    const reader = connection.readable.getReader();
    const { value = null } = await reader.read();
    reader.releaseLock();
    return text(value);
  },
  async ({ duplex }) => {
    if (duplex.readableEnded) return null;
    await Promise.race([once(duplex, "readable"), once(duplex, "end")]);
    const part = duplex.read();
    return part === null ? null : String(part);
  },
];

test("any mix of ways to read gives the bytes that were sent, however they come", { timeout }, async () => {
  const next = randomNumbers(8);
  const random = (below: number) => Math.floor(next() * below);
  for (let round = 0; round < 25; round++) {
    const sent = Array.from({ length: 40 }, () => `${"abcdefghij".repeat(4).slice(0, random(40))}\n`).join(
      "",
    );
    await withPair(async ({ connection, client }) => {
      const writing = (async () => {
        for (let at = 0; at < sent.length;) {
          const end = at + 1 + random(120);
          client.write(sent.slice(at, end));
          at = end;
          if (random(2) === 0) await pass(0);
        }
        client.end();
      })();
      const duplex = await connection.duplex();
      let got = "";
      let steps = "";
      while (got.length < sent.length) {
        const way = random(WAYS.length);
        steps += way;
        const part = await within(
          (WAYS[way] as (typeof WAYS)[0])({ connection, duplex, random }),
          steps,
        );
        assert.ok(part !== null, `round ${round}: way ${way} is at the end after ${got.length}, by ${steps}`);
        got += part;
        assert.ok(sent.startsWith(got), `round ${round}: ${steps} gave ${JSON.stringify(part)}`);
      }
      await writing;
      assert.equal(await connection.readLine(), null);
      duplex.destroy();
    });
  }
});
