import assert from "node:assert/strict";
import { mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isJournal, journalPrefix } from "../../lib/log/journal.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { openToAppend } from "../../lib/os/open_file.ts";

const noProc = process.platform !== "linux" && "no /proc";

test("isJournal compares what JOURNAL_STREAM names with the descriptor", { skip: noProc }, () => {
  const dir = mkdtempSync(join(tmpdir(), "tine-journal-"));
  const path = join(dir, "stream");
  const fd = openToAppend(path);
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, fd), true);
    assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino + 1n}` }, fd), false);
    assert.equal(isJournal({ JOURNAL_STREAM: `${dev + 1n}:${ino}` }, fd), false);
    assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }, openSync("/dev/null", "r")), false);
  } finally {
    closeFd(fd);
    rmSync(dir, { recursive: true });
  }
});

test("isJournal takes stderr by default", { skip: noProc }, () => {
  const { dev, ino } = statSync("/proc/self/fd/2", { bigint: true });
  assert.equal(isJournal({ JOURNAL_STREAM: `${dev}:${ino}` }), true);
});

test("isJournal is false without the variable, with nonsense in it, and for what is closed", () => {
  for (const JOURNAL_STREAM of [undefined, "", "x", "1:", ":1", "1:2:3", "-1:2", "99999999999999999999:1"]) {
    assert.equal(isJournal({ JOURNAL_STREAM }), false);
  }
  assert.equal(isJournal({ JOURNAL_STREAM: "1:1" }, 9999), false);
});

test("journalPrefix gives the priorities of levels 0 to 4", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map(journalPrefix), ["<3>", "<4>", "<5>", "<6>", "<7>", "<7>"]);
});
