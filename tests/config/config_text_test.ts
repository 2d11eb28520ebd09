import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfigFile } from "../../lib/config/config.ts";
import { readConfigText } from "../../lib/config/config_text.ts";
import { convert } from "../../lib/config/convert.ts";
import { ConfigError } from "../../lib/errors.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-config-text-");

/** A file of these characters, each a byte. */
function latin1File(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return path;
}

test("comments and skipped lines of a key value file may be in Latin-1", async () => {
  const path = latin1File(
    "old.conf",
    "# Gr\xf6\xdfe und F\xfclle\r\nport 80 # gr\xfcn\r\nd\xe9pass\xe9 x\nuser caf\xc3\xa9 # UTF-8 and \xe9\nhost x",
  );
  assert.equal(
    readConfigText(path),
    "# Größe und Fülle\r\nport 80 # grün\r\ndépassé x\nuser café # UTF-8 and é\nhost x",
  );
  const { values, notes } = await readConfigFile(path);
  assert.deepEqual(values.map(({ key, value, place }) => [key, value, place.line, place.column]), [
    ["port", "80 ", 2, 6],
    ["user", "café ", 4, 6],
    ["host", "x", 5, 6],
  ]);
  assert.equal(notes.length, 1);
  assert.match(notes[0] as string, /:3: skipped/);
  assert.match(await convert(readConfigText(path), path), /^# Größe und Fülle\n[^]*# UTF-8 and é\n/);
});

test("a value in Latin-1 is refused at its first byte that is no UTF-8", () => {
  for (
    const [text, line, column, key] of [
      ["port 80\nlog_file /tmp/caf\xe9\n", 2, 18, "log_file"],
      ["log_file /tmp/caf\xc3\xa9/\xe9 # x", 1, 20, "log_file"],
      ["\xef\xbb\xbf# x\nuser \xc3 # cut short\n", 2, 6, "user"],
      ["user x\\#\xff", 1, 9, "user"],
    ] as const
  ) {
    assert.throws(() => readConfigText(latin1File("bad.conf", text)), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual([error.place?.line, error.place?.column, error.option], [line, column, key], text);
      return true;
    });
  }
});
