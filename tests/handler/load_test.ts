import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { loadHandler } from "../../lib/handler/load.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("load-handler-");
const onBun = process.versions["bun"] !== undefined;

/** A module's text, and what is said of it. */
const FAULTS: readonly [string, string, number, RegExp][] = [
  [
    "syntax.ts",
    "export default async () => {\n  const = 5;\n};\n",
    78,
    /(?:Expected|Unexpected) .*syntax\.ts:2:9/,
  ],
  ["imports.ts", 'import "./syntax.ts";\nexport default () => {};\n', 78, /syntax\.ts:2:9/],
  ["throws.ts", '\n\nthrow new Error("on purpose");\n', 78, /: on purpose \(\/\S+throws\.ts:3:\d+\)$/],
  ["reference.ts", "missing();\n", 78, /missing.*reference\.ts:1:1/],
  // Deno's own messages have colours where it thinks that a terminal shows them, and name the place themselves.
  [
    "colours.ts",
    'throw new Error("a \\x1b[36mhint\\x1b[0m at \\x1b[36mfile:///m.ts\\x1b[0m:\\x1b[33m2\\x1b[0m:15");\n',
    78,
    /: a hint at file:\/\/\/m\.ts:2:15$/,
  ],
  ["number.ts", "throw 1;\n", 78, /: it threw 1, which is no Error$/],
  ["null.ts", "throw null;\n", 78, /: it threw null, which is no Error$/],
  ["empty.ts", "export const a = 1;\n", 78, /: it has no default export; export a function by default/],
  [
    "absent.ts",
    'import "./nowhere.ts";\n',
    78,
    onBun ? /nowhere\.ts.*absent\.ts/ : /nowhere\.ts.*absent\.ts:1:8/,
  ],
];

for (const [name, text, exitCode, why] of FAULTS) {
  test(`a handler that cannot be loaded is refused in one line: ${name}`, async () => {
    const path = join(folder, name);
    writeFileSync(join(folder, "syntax.ts"), FAULTS[0]?.[1] ?? "");
    writeFileSync(path, text);
    await assert.rejects(loadHandler(path), (error: Error & { exitCode: number }) => {
      assert.ok(error.message.startsWith(`Cannot load handler ${path}: `), error.message);
      assert.match(error.message, why);
      assert.doesNotMatch(error.message, /\n/);
      assert.equal(error.exitCode, exitCode);
      return true;
    });
  });
}

test("a handler's place in a configuration file stands first, and one that is not there has status 66", async () => {
  const place = { source: "tine.toml", line: 3, column: 11 };
  await assert.rejects(loadHandler("./none.ts", place), {
    message: "tine.toml:3:11: Cannot load handler ./none.ts: no such file; give the path of a module",
    exitCode: 66,
  });
});
