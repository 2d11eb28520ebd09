import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { remedyForFile } from "../../lib/os/file_remedy.ts";

test("a file whose directory is missing needs that, and any other needs another name", () => {
  const folder = mkdtempSync(join(tmpdir(), "remedy-test-"));
  try {
    assert.equal(remedyForFile(join(folder, "log")), "name a file that this user may write");
    assert.equal(
      remedyForFile(join(folder, "none/log")),
      `create the directory ${folder}/none, or name another file`,
    );
    assert.equal(remedyForFile("log"), "name a file that this user may write");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
