import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { TineError } from "../../lib/errors.ts";
import { EX_CANTCREAT } from "../../lib/exit_codes.ts";
import { closeFd, closeOnExec, openFile, tryLock } from "../../lib/os/descriptor.ts";
import { chooseSerializer, prepareSerializer } from "../../lib/serialize/prepare.ts";

const skipNoProc = process.platform === "linux" ? false : "needs /proc";
const alone = process.platform === "linux" ? "none" : "flock";

const TABLE: readonly [string | undefined, number, string, RegExp | undefined][] = [
  [undefined, 1, alone, undefined],
  [undefined, 2, "flock", /Several ports and no serialize value/],
  ["none", 1, "none", undefined],
  ["none", 2, "flock", /none is incompatible with multiple ports/],
  ["flock", 1, "flock", undefined],
  ["flock", 3, "flock", undefined],
  ["semaphore", 1, "semaphore", undefined],
  ["semaphore", 3, "semaphore", undefined],
  ["pipe", 1, "pipe", undefined],
  ["pipe", 3, "pipe", undefined],
];

for (const [serialize, listeners, kind, note] of TABLE) {
  test(`serialize ${serialize ?? "not given"} with ${listeners} ports is ${kind}`, () => {
    const choice = chooseSerializer({ serialize, listeners, maxClients: 1 });
    assert.equal(choice.kind, kind);
    if (note === undefined) assert.equal(choice.note, undefined);
    else assert.match(choice.note ?? "", note);
  });
}

test("a lock file of our own has no name that could be left behind", { skip: skipNoProc }, async () => {
  const prepared = await prepareSerializer("flock");
  assert.ok(prepared.handoff.kind === "flock");
  const { path, fd } = prepared.handoff;
  assert.match(readlinkSync(path), /^\/memfd:/);
  // Opened by way of /proc, each has an open file of its own: the lock of one keeps the other out.
  const [one, other] = [openFile(path, { create: false }), openFile(path, { create: false })];
  assert.equal(tryLock(one, { shared: false }), true);
  assert.equal(tryLock(other, { shared: false }), false);
  closeFd(one);
  assert.equal(tryLock(other, { shared: false }), true);
  closeFd(other);
  prepared.remove();
  assert.throws(() => closeOnExec(fd as number));
});

test("a lock file that the user named stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "prepare-test-"));
  const path = join(folder, "lock");
  try {
    const prepared = await prepareSerializer("flock", { lockFile: path });
    assert.ok(prepared.handoff.kind === "flock");
    assert.equal(prepared.handoff.path, path);
    prepared.remove();
    assert.equal(existsSync(path), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a lock file that cannot be created ends with status 73", async () => {
  await assert.rejects(
    prepareSerializer("flock", { lockFile: "/does/not/exist/lock" }),
    (error) =>
      error instanceof TineError && error.exitCode === EX_CANTCREAT &&
      /Cannot create lock_file "\/does\/not\/exist\/lock"/.test(error.message),
  );
});
