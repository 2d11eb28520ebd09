import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { sendSignal } from "../../lib/os/process.ts";
import { readNote, SignalRecord } from "../../lib/os/signal_record.ts";
import { until } from "../support/until.ts";

const NAMES = ["INT", "QUIT", "TERM"];

/** Waits for what the kernel does in its own time: the runtime's main thread takes a signal, and it need not run this. */
async function untilNoted({ note }: SignalRecord): Promise<void> {
  const neutral = note.neutral.toString(8).padStart(4, "0");
  await until(() => {
    const umask = /^Umask:\t(\d+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return umask === undefined || umask !== neutral;
  }, "the note of the signal");
}

for (const umask of [0o022, 0o002, 0o003, 0o017, 0o077, 0]) {
  test(`signals are noted beside umask ${umask.toString(8)}, which is as it was afterwards`, async () => {
    const before = process.umask(umask);
    try {
      for (const name of NAMES) {
        const record = new SignalRecord(NAMES);
        sendSignal(process.pid, name);
        await untilNoted(record);
        assert.equal(record.restore(), name);
        assert.equal(process.umask(umask), umask);
        assert.equal(new SignalRecord(NAMES).restore(), undefined, "and only once");
        // The next program reads the note alone.
        const { note } = record;
        process.umask(note.neutral);
        assert.equal(readNote(note), undefined);
        assert.equal(process.umask(umask), umask);
      }
    } finally {
      process.umask(before);
    }
  });
}

test("whoever listened to a signal listens to it again afterwards", async () => {
  let heard = 0;
  const listener = () => heard++;
  process.on("SIGTERM", listener);
  try {
    const record = new SignalRecord(["TERM"]);
    sendSignal(process.pid, "TERM");
    await untilNoted(record);
    assert.equal(record.restore(), "TERM");
    assert.equal(heard, 0);
    sendSignal(process.pid, "TERM");
    await until(() => heard === 1, "the listener");
  } finally {
    process.off("SIGTERM", listener);
  }
});
