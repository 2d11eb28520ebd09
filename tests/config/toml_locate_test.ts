import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf, pathKey } from "../../lib/config/toml_locate.ts";
import { randomNumbers } from "./net_server.ts";

const DOCUMENT = `# top
a = 1
"b c" = 'x # y'   # comment
d.e . "f" = """
two
lines\\""" """ # after
list = [ 1, # one
  [2, 3],

  { k = 4, "l.m" = [5] },
]

[[port]]
port = 80
  host = "h"
[ "t" ]
u = 1979-05-27 07:32:00
[[port]]
ipv = 4
`;

test("layoutOf finds values of plain, quoted and dotted keys, in arrays, inline tables and tables", () => {
  const { positions } = layoutOf(DOCUMENT);
  const cases: [(string | number)[], number, number][] = [
    [["a"], 2, 5],
    [["b c"], 3, 9],
    [["d", "e", "f"], 4, 13],
    [["list"], 7, 8],
    [["list", 0], 7, 10],
    [["list", 1], 8, 3],
    [["list", 1, 1], 8, 7],
    [["list", 2], 10, 3],
    [["list", 2, "k"], 10, 9],
    [["list", 2, "l.m", 0], 10, 21],
    [["port"], 13, 1],
    [["port", 0], 13, 1],
    [["port", 0, "port"], 14, 8],
    [["port", 0, "host"], 15, 10],
    [["t"], 16, 1],
    [["t", "u"], 17, 5],
    [["port", 1], 18, 1],
    [["port", 1, "ipv"], 19, 7],
  ];
  for (const [path, line, column] of cases) {
    assert.deepEqual(positions.get(pathKey(path)), { line, column }, pathKey(path));
  }
});

test("layoutOf finds keys", () => {
  const { keys } = layoutOf(DOCUMENT);
  assert.deepEqual(keys.get(pathKey(["d", "e", "f"])), { line: 4, column: 1 });
  assert.deepEqual(keys.get(pathKey(["list", 2, "l.m"])), { line: 10, column: 12 });
  assert.deepEqual(keys.get(pathKey(["port", 0, "host"])), { line: 15, column: 3 });
});

test("layoutOf finds comments and blank lines, but none in strings", () => {
  const { comments, blankLines } = layoutOf(DOCUMENT);
  assert.deepEqual(comments, [
    { line: 1, text: "# top" },
    { line: 3, text: "# comment" },
    { line: 6, text: "# after" },
    { line: 7, text: "# one" },
  ]);
  assert.deepEqual(blankLines, [9, 12]);
});

test("layoutOf comes to an end on any text", () => {
  const next = randomNumbers(3);
  const alphabet = [
    "a",
    ".",
    "=",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "\\",
    "#",
    "\n",
    ",",
    " ",
    "1",
    "-",
    "é",
  ];
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 20 }, () => alphabet[Math.floor(next() * alphabet.length)]).join("");
    assert.ok(layoutOf(text).positions instanceof Map);
  }
});
