import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { onBun } from "../support/server.ts";

const folder = folderOfFile("tine-compiled-serve-");
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

test("an executable serves by a handler that it holds, and ends its server", {
  timeout,
  skip: onBun ? false : "the executable is built and run once, by Bun's tests",
}, () => {
  const program = join(folder, "compiled");
  const built = spawnSync(process.execPath, [
    ...["build", "--compile", "--outfile", program],
    ...["compiled.ts", "shout.ts"].map(fixture),
  ], { encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  const { stdout, stderr, status } = spawnSync(program, { encoding: "utf8", cwd: folder });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), {
    said: "HELLO!",
    isChild: true,
    end: { code: 0, signal: null },
  });
  assert.equal(status, 0);
});
