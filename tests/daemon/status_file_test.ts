import assert from "node:assert/strict";
import { readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  checkStatus,
  findStatusFile,
  type PublishedStatus,
  readMemory,
  readStatusFile,
  STATUS_LINK,
  StatusFile,
} from "../../lib/daemon/status_file.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { PUBLISHED } from "../support/published_status.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

const STATUS: PublishedStatus = {
  ...PUBLISHED,
  personality: "PreForkSimple",
  listeners: ["127.0.0.1:80", "/run/x.sock"],
  scaled: 1,
  scoreboard: { fd: 7, capacity: 20 },
};

/** Runs `body` with a status file of this process, and closes it. */
function withStatusFile(body: (status: StatusFile, path: string) => void): void {
  const status = new StatusFile();
  try {
    body(status, `/proc/self/fd/${status.fd}`);
  } finally {
    closeFd(status.fd);
  }
}

test("what is too long to be told is shortened, and read", { skip }, () => {
  withStatusFile((status, path) => {
    const listeners = Array.from({ length: 5000 }, (_, i) => `127.0.0.1:${i + 1} and more`);
    status.publish({ ...STATUS, listeners, reloadError: "x".repeat(100_000) });
    const told = readStatusFile(path);
    assert.equal(told?.listeners.length, 201);
    assert.equal(told?.listeners.at(-1), "4800 more");
    assert.equal(told?.reloadError?.length, 2000);
  });
});

test("what a server tells is what another process reads", { skip }, () => {
  withStatusFile((status, path) => {
    assert.equal(readStatusFile(path), undefined, "nothing was told yet");
    assert.equal(status.latest, undefined);
    status.publish(STATUS);
    assert.deepEqual(status.latest, STATUS);
    assert.deepEqual({ ...readStatusFile(path) }, STATUS);
    status.publish({ ...STATUS, how: "1 child", reloadError: "Cannot bind" });
    assert.equal(readStatusFile(path)?.how, "1 child");
    assert.equal(readStatusFile(path)?.reloadError, "Cannot bind");
  });
});

test("a part is told anew, once there is a whole", { skip }, () => {
  withStatusFile((status, path) => {
    status.amend({ reloads: 3 });
    assert.equal(readStatusFile(path), undefined);
    status.publish(STATUS);
    status.amend({ reloads: 3 });
    assert.deepEqual({ ...readStatusFile(path) }, { ...STATUS, reloads: 3 });
  });
});

test("a restart goes on with what was told before it", { skip }, () => {
  withStatusFile((status, path) => {
    status.publish(STATUS);
    const next = new StatusFile(status.fd);
    assert.deepEqual(next.latest, STATUS);
    next.amend({ how: "4 children" });
    assert.equal(readStatusFile(path)?.how, "4 children");
  });
});

test("findStatusFile() finds a server's status among what it has open", { skip }, () => {
  assert.equal(findStatusFile(process.pid), undefined);
  withStatusFile((status) => {
    const path = findStatusFile(process.pid);
    assert.equal(path, `/proc/${process.pid}/fd/${status.fd}`);
    assert.ok(readlinkSync(path as string).startsWith(STATUS_LINK));
  });
  assert.equal(findStatusFile(2 ** 22 + 1), undefined, "there is no such process");
});

test("nothing but memory is read, whatever a process has put in its place", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "status-test-"));
  const pipe = createPipe();
  try {
    const file = join(folder, "status");
    writeFileSync(file, JSON.stringify(STATUS));
    const link = join(folder, "link");
    // By its name alone it is a server's memory.
    symlinkSync(STATUS_LINK, link);
    for (const path of [file, link, join(folder, "none"), `/proc/self/fd/${pipe.read}`]) {
      assert.equal(readMemory(path, 100), undefined, path);
      assert.equal(readStatusFile(path), undefined, path);
    }
  } finally {
    closeFd(pipe.read);
    closeFd(pipe.write);
    rmSync(folder, { recursive: true });
  }
});

test("what is no status is none", () => {
  const { listeners: _, ...incomplete } = STATUS;
  for (const told of [undefined, null, 7, "status", [], {}, incomplete, { ...STATUS, listeners: "a:80" }]) {
    assert.equal(checkStatus(told), undefined, JSON.stringify(told));
  }
});

test("what a server of another version does not tell, or tells otherwise, is unknown", () => {
  const { version, how, reloads, reloadsRefused, startedMs, listeners, scoreboard } = checkStatus({
    ...STATUS,
    version: 2,
    how: undefined,
    reloads: 1.5,
    reloadsRefused: undefined,
    startedMs: -1,
    listeners: [80],
    scoreboard: { fd: "7" },
  }) as PublishedStatus;
  assert.deepEqual([version, how, listeners], ["?", "?", ["?"]]);
  assert.deepEqual([reloads, reloadsRefused, startedMs], [0, 0, 0]);
  assert.deepEqual(scoreboard, { fd: 0, capacity: 0 });
});

test("a status of anybody's is harmless to a terminal, and tells of no more children than a server has", () => {
  const { personality, listeners, scoreboard } = checkStatus({
    ...STATUS,
    personality: "a\nb\x1b[2J",
    listeners: ["x\r"],
    scoreboard: { fd: 3, capacity: 2 ** 40 },
  }) as PublishedStatus;
  // deno-lint-ignore no-control-regex -- that none is left is what is looked at
  for (const text of [personality, ...listeners]) assert.doesNotMatch(text, /[\x00-\x1f\x7f]/);
  assert.ok((scoreboard?.capacity ?? 0) <= 1 << 16);
  assert.equal(checkStatus({ ...STATUS, scoreboard: undefined })?.scoreboard, undefined);
});
