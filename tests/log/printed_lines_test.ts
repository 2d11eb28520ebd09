import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST_PRINTED, PrintedLines } from "../../lib/log/printed_lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("what is printed becomes lines wherever it is cut", () => {
  const text = "one\n\ntwo\r\nthr\u00e4\u00e4\nfour";
  for (let size = 1; size < 30; size++) {
    const lines: string[] = [];
    const printed = new PrintedLines((line) => lines.push(line));
    const all = bytes(text);
    for (let at = 0; at < all.length; at += size) printed.put(all.subarray(at, at + size));
    assert.deepEqual(lines, ["one", "", "two", "thr\u00e4\u00e4"]);
    printed.end();
    assert.equal(lines.at(-1), "four");
    printed.end();
    assert.equal(lines.length, 5);
  }
});

test("a line without end comes in pieces, and holds no more than one", () => {
  const lines: string[] = [];
  const printed = new PrintedLines((line) => lines.push(line));
  printed.put(bytes("x".repeat(2.5 * LONGEST_PRINTED)));
  assert.deepEqual(lines.map((line) => line.length), [LONGEST_PRINTED, LONGEST_PRINTED]);
  printed.put(bytes("y\n"));
  assert.equal(lines[2], `${"x".repeat(LONGEST_PRINTED / 2)}y`);
  printed.put(bytes(`${"z".repeat(LONGEST_PRINTED)}\n`));
  assert.deepEqual(lines.slice(3).map((line) => line.length), [LONGEST_PRINTED]);
});
