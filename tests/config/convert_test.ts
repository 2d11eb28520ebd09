import assert from "node:assert/strict";
import { test } from "node:test";
import { convert } from "../../lib/config/convert.ts";
import { parseLegacyFile } from "../../lib/config/legacy_file.ts";
import { checkSource } from "../../lib/config/precedence.ts";
import { parseTomlFile } from "../../lib/config/toml_file.ts";
import type { OwnOptions } from "../../lib/config/options.ts";
import { randomNumbers } from "./net_server.ts";

const LEGACY = `### what to bind
port        localhost:20204/IPv4   # first
port        20205
host = 127.0.0.1

max_servers: 80
no_close_by_child 1 # keep \\# going
check_for_dead 0.5
sig_passthrough usr1,USR2
log_file /var/log/a\\#b.log
background
greeting hello %A world
`;

const TOML = `### what to bind
port = [
  "localhost:20204/IPv4", # first
  20205,
]
host = ["127.0.0.1"]

max_servers = 80
no_close_by_child = true # keep \\# going
check_for_dead = 0.5
sig_passthrough = ["USR1", "USR2"]
log_file = "/var/log/a#b.log"
# skipped: background
greeting = "hello \\n world"
`;

const BACK = `### what to bind
port localhost:20204/IPv4 # first
port 20205
host 127.0.0.1

max_servers 80
no_close_by_child 1 # keep \\# going
check_for_dead 0.5
sig_passthrough USR1
sig_passthrough USR2
log_file /var/log/a\\#b.log
# skipped: background
greeting hello %A world
`;

test("convert writes a legacy file as TOML, with types, lists, comments and blank lines", async () => {
  assert.equal(await convert(LEGACY, "a.conf"), TOML);
});

test("convert writes TOML as a legacy file", async () => {
  assert.equal(await convert(TOML, "a.toml"), BACK);
  assert.equal(await convert(await convert(BACK, "a.conf"), "a.toml"), BACK);
});

test("convert writes [[port]] tables in the grammar of ports", async () => {
  const toml =
    '# top\nmax_servers = 2\n\n[[port]] # one\nport = 80\nhost = "::1"\n# two\n[[port]]\nport = "http"\nipv = 4\n';
  assert.equal(
    await convert(toml, "a.toml"),
    "# top\nmax_servers 2\n\nport [::1]:80 # one\n# two\nport http/IPv4\n",
  );
});

test("convert knows the program's own options where it is told", async () => {
  const own: OwnOptions = {
    code: { kind: "string", help: "" },
    word: { kind: "string", multi: true, help: "" },
  };
  assert.equal(await convert("code 007\nword a\n", "a.conf", own), 'code = "007"\nword = ["a"]\n');
  assert.equal(await convert("code 7\nword a\nword 8\n", "a.conf"), 'code = 7\nword = ["a", 8]\n');
});

test("convert gives an empty file for an empty one", async () => {
  assert.equal(await convert("", "a.conf"), "");
  assert.equal(await convert("", "a.toml"), "");
});

test("convert refuses what the other format cannot say, and what is wrong already", async () => {
  const cases: [string, string, RegExp][] = [
    [
      "a.toml",
      'log_file = "%20"',
      /^ConfigError: a\.toml:1:12: Cannot write log_file .*: Net::Server reads % and a digit/,
    ],
    ["a.toml", 'greeting = ""', /its value is empty/],
    ["a.toml", 'greeting = " x"', /begins or ends in a blank/],
    ["a.toml", 'greeting = "--x"', /begins with --/],
    ["a.toml", "greeting = [[1]]", /its value is not text or a number/],
    [
      "a.conf",
      "max_servers 1\nmax_servers 2\n",
      /^ConfigError: a\.conf:2:13: Cannot set max_servers twice: .* at a\.conf:1:13 already/,
    ],
    [
      "a.conf",
      "max_servers x\n",
      /^ConfigError: a\.conf:1:13: Cannot set max_servers to "x": it is not a whole number/,
    ],
  ];
  for (const [path, text, message] of cases) await assert.rejects(convert(text, path), message, text);
});

test("convert keeps every value of 300 random files through both directions", async () => {
  const own: OwnOptions = {
    greeting: { kind: "string", help: "" },
    word: { kind: "string", multi: true, help: "" },
    pattern: { kind: "regexp", multi: true, help: "" },
  };
  const next = randomNumbers(42);
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T;
  const parts = [
    "a",
    "é",
    "\\",
    "'",
    '"',
    "\\#",
    " ",
    "%9",
    "%F",
    "=",
    ":",
    "/",
    "\u2028",
    "{",
    "$",
    "😀",
    "\x7f",
    "\x01",
  ];
  for (let round = 0; round < 300; round++) {
    const lines = [`max_servers ${1 + Math.floor(next() * 50)}`];
    for (let count = Math.floor(next() * 6); count > 0; count--) {
      const text = "x" + Array.from({ length: Math.floor(next() * 8) }, () => pick(parts)).join("") + "y";
      lines.push(
        pick([`word ${text}`, `host ${text} # c`, "port 80", `# ${text}`, "", `port=[::1]:${count}`]),
      );
    }
    const legacy = lines.join("\n") + "\n";
    const toml = await convert(legacy, "a.conf", own);
    const back = await convert(toml, "a.toml", own);
    const values = (checked: ReturnType<typeof checkSource>) =>
      [...checked].map(([key, given]) => [key, given.values]).sort();
    const before = values(checkSource(parseLegacyFile(legacy, "a"), own));
    assert.deepEqual(values(checkSource(await parseTomlFile(toml, "a"), own)), before, legacy);
    assert.deepEqual(values(checkSource(parseLegacyFile(back, "a"), own)), before, toml);
  }
});
