import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { convert } from "../../lib/config/convert.ts";
import { parseLegacyFile } from "../../lib/config/legacy_file.ts";
import { checkSource } from "../../lib/config/precedence.ts";
import { joinWords, splitWords } from "../../lib/config/words.ts";
import { randomNumbers } from "./net_server.ts";

const LINES: readonly [string, readonly string[] | undefined][] = [
  ["git daemon --inetd", ["git", "daemon", "--inetd"]],
  ["  a\t b  ", ["a", "b"]],
  ["'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]],
  ["a'b'\"c\"\\d", ["abcd"]],
  ["\"\" ''", ["", ""]],
  ['\'\\\' "\\""', ["\\", '"']],
  ["$x *.ts a|b >c ;d", ["$x", "*.ts", "a|b", ">c", ";d"]],
  ["", undefined],
  ["   ", undefined],
  ["'open", undefined],
  ['"open', undefined],
  ["open\\", undefined],
  ["a\0b", undefined],
];

test("splitWords splits as a shell does, without its special characters", () => {
  for (const [line, words] of LINES) assert.deepEqual(splitWords(line), words, line);
});

test("splitWords gives back the words that joinWords joined, and so does a shell", () => {
  const alphabet = [..."ab '\"\\\t$*|;#=-é"];
  const random = randomNumbers(7);
  const lists = Array.from(
    { length: 200 },
    () =>
      Array.from(
        { length: 1 + Math.floor(random() * 4) },
        () =>
          Array.from({ length: Math.floor(random() * 6) }, () =>
            alphabet[Math.floor(random() * alphabet.length)]).join(""),
      ),
  );
  for (const words of lists) assert.deepEqual(splitWords(joinWords(words)), words);
  const plain = lists.filter((words) => words.every((word) => !/[$\\]/.test(word)));
  const script = plain.map((words) => `printf '%s\\0' ${joinWords(words)}; printf '\\n\\0'`).join("\n");
  const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  const read = stdout.split("\n\0").slice(0, -1).map((line) => line.split("\0").slice(0, -1));
  assert.deepEqual(read, plain);
});

function execOf(text: string): readonly unknown[] | undefined {
  return checkSource(parseLegacyFile(text, "f"), {}).get("exec")?.values;
}

test("a legacy file has a program on one line, or on several", () => {
  assert.deepEqual(execOf("exec git daemon --inetd '--base-path=/a b'\n"), [
    "git",
    "daemon",
    "--inetd",
    "--base-path=/a b",
  ]);
  assert.deepEqual(execOf("exec rsync --daemon\nexec config\n"), ["rsync", "--daemon", "config"]);
  assert.throws(
    () => execOf("exec git 'daemon\n"),
    /^ConfigError: f:1:6: Cannot set exec to "git 'daemon": it is not words, with every quote closed; give /,
  );
});

test("convert keeps a program's words", async () => {
  const legacy = 'exec git "--base-path=/a b" --inetd # served\n';
  const toml = await convert(legacy, "f.conf");
  assert.equal(toml, 'exec = ["git", "--base-path=/a b", "--inetd"] # served\n');
  assert.equal(await convert(toml, "f.toml"), legacy);
});
