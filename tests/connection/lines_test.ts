import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { Input, type InputSource, LineReader } from "../../lib/connection/input.ts";
import type { LinesOptions } from "../../lib/connection/options.ts";
import { ConnectionError } from "../../lib/errors.ts";
import { timeout } from "../support/limits.ts";
import { readText, withPair } from "./pair.ts";

/** A source that gives one part for each read, with a wait before each. */
function source(parts: readonly (string | Uint8Array)[]): InputSource {
  const rest = parts.map((part) => Buffer.from(part as string));
  let waited = false;
  return {
    closed: false,
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 7 },
    receiveMore(bytes) {
      if (!waited) return undefined;
      waited = false;
      const part = rest.shift();
      if (part === undefined) return null;
      if (part.length > bytes.length) rest.unshift(part.subarray(bytes.length));
      bytes.set(part.subarray(0, bytes.length));
      return Math.min(part.length, bytes.length);
    },
    async whenMore() {
      await Promise.resolve();
      waited = true;
    },
  };
}

async function read(parts: readonly (string | Uint8Array)[], options?: LinesOptions): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of new LineReader(new Input(source(parts)), options)) lines.push(line);
  return lines;
}

const euro = Buffer.from("a€😀z\n");

const TABLE: readonly [string, readonly (string | Uint8Array)[], readonly string[]][] = [
  ["nothing", [], []],
  ["LF ends a line", ["a\n", "b\n"], ["a", "b"]],
  ["CR LF ends a line", ["a\r\n", "b\r\n"], ["a", "b"]],
  ["CR and LF come apart", ["a\r", "\n", "b", "\r\n"], ["a", "b"]],
  ["a CR within a line belongs to it", ["a\rb\r\r\n"], ["a\rb\r"]],
  ["several lines come at once", ["a\nb\r\n\nc\n"], ["a", "b", "", "c"]],
  ["a line comes in several parts", ["a", "b", "c\nd", "e\n"], ["abc", "de"]],
  ["empty lines count", ["\n", "\r\n", "\n"], ["", "", ""]],
  ["a last line without an end counts", ["a\nb"], ["a", "b"]],
  ["a last line in parts without an end counts", ["a\n", "b", "c"], ["a", "bc"]],
  ["a last CR is taken for half an end", ["a\r"], ["a"]],
  ["a NUL is a character", ["a\0b\n"], ["a\0b"]],
  ["every byte comes by itself", Array.from(euro, (byte) => Uint8Array.of(byte)), ["a€😀z"]],
  ["bytes that are no UTF-8 are replaced", [Uint8Array.of(97, 0xff, 98, 10)], ["a\ufffdb"]],
  ["more than one read's worth", ["x".repeat(40_000) + "\n" + "y".repeat(20_000) + "\nz"], [
    "x".repeat(40_000),
    "y".repeat(20_000),
    "z",
  ]],
];

for (const [title, parts, lines] of TABLE) {
  test(`lines: ${title}`, async () => assert.deepEqual(await read(parts), lines));
}

test("a character is whole wherever its bytes are parted", async () => {
  for (let at = 1; at < euro.length; at++) {
    assert.deepEqual(await read([euro.subarray(0, at), euro.subarray(at)]), ["a€😀z"]);
  }
});

test("lines are the same however their bytes are parted", async () => {
  const text = Buffer.from("ab\r\n\r\nc\rd\n€€\nlast");
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      const parts = [text.subarray(0, first), text.subarray(first, second), text.subarray(second)];
      const lines = await read(parts.filter((part) => part.length > 0), { maxLength: 6 });
      assert.deepEqual(lines, ["ab", "", "c\rd", "€€", "last"], `parted at ${first} and ${second}`);
    }
  }
});

const LENGTHS: readonly [string, readonly string[], boolean][] = [
  ["as long as allowed with LF", ["abcd\n"], true],
  ["as long as allowed with CR LF", ["abcd\r\n"], true],
  ["as long as allowed, the end apart", ["abcd", "\r", "\n"], true],
  ["as long as allowed without an end", ["abcd"], true],
  ["one byte too long with LF", ["abcde\n"], false],
  ["one byte too long with CR LF", ["abcde\r\n"], false],
  ["too long, in parts", ["abc", "de", "\n"], false],
  ["too long, behind a good one", ["ab\nabcde\n"], false],
  ["too long without an end", ["abcdef"], false],
  ["one byte too long without an end", ["abcde"], false],
];

for (const [title, parts, good] of LENGTHS) {
  test(`a line that is ${title} is ${good ? "taken" : "refused with EMSGSIZE"}`, async () => {
    const lines = read(parts, { maxLength: 4 });
    if (good) assert.deepEqual(await lines, ["abcd"]);
    else {
      await assert.rejects(lines, (error) => error instanceof ConnectionError && error.code === "EMSGSIZE");
    }
  });
}

test("an endless line is refused before it is kept", async () => {
  const part = "x".repeat(16_384);
  await assert.rejects(read(Array(1000).fill(part)), /longer than 65536 bytes/);
});

test("a limit that is no whole number above 0 is a RangeError", () => {
  for (const maxLength of [0, -1, 1.5, NaN]) {
    assert.throws(() => new LineReader(new Input(source([])), { maxLength }), RangeError);
  }
});

test("after a break the connection goes on where the lines stopped", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.write("command\r\nBINARY");
    for await (const line of connection.lines()) {
      assert.equal(line, "command");
      break;
    }
    assert.equal(await readText(connection, 6), "BINARY");
    client.write("next\r\nlast");
    client.end();
    const lines: string[] = [];
    for await (const line of connection.lines()) lines.push(line);
    assert.deepEqual(lines, ["next", "last"]);
  });
});

test("two connections that are read in turn do not mix their bytes", { timeout }, async () => {
  await withPair(async (a) => {
    await withPair(async (b) => {
      a.client.write("a1\na2\na");
      b.client.write("b1\nb2\nb");
      const [linesA, linesB] = [a.connection.lines(), b.connection.lines()];
      const seen: string[] = [];
      for (let i = 0; i < 2; i++) {
        seen.push((await linesA.next()).value, (await linesB.next()).value);
      }
      a.client.end("3\n");
      b.client.end("3\n");
      seen.push((await linesA.next()).value, (await linesB.next()).value);
      assert.deepEqual(seen, ["a1", "b1", "a2", "b2", "a3", "b3"]);
    });
  });
});
