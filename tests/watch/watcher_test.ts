import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Watcher } from "../../lib/watch/watcher.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { pass, until } from "../support/until.ts";

const folder = folderOfFile("tine-watcher-");

test(
  "a module that is saved when the watcher has just looked at the clock counts as changed",
  { timeout },
  async (t) => {
    const path = join(folder, "saved.ts");
    writeFileSync(path, "");
    await pass(20);
    const began = Date.now();
    const told: string[] = [];
    const watcher = new Watcher({ modules: [path], files: [], patterns: [], written: [] }, {
      changed: (cause) => told.push(cause),
      warn: (message) => told.push(message),
    });
    const { now } = Date;
    let isSaved = false;
    t.mock.method(Date, "now", () => {
      const at = now.call(Date);
      if (!isSaved) {
        isSaved = true;
        // The clock of files is some milliseconds behind.
        while (now.call(Date) < at + 20);
        writeFileSync(path, "saved");
      }
      return at;
    });
    try {
      assert.equal(await watcher.start(began), 1);
      assert.ok(isSaved);
      await until(() => told.length > 0, "the change");
      assert.match(told[0] ?? "", /saved\.ts has changed$/);
    } finally {
      watcher.stop();
    }
  },
);
