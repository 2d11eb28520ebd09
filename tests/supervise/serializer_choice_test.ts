import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { TineError } from "../../lib/errors.ts";
import { EX_CANTCREAT } from "../../lib/exit_codes.ts";
import { chooseSerializer, prepareSerializer } from "../../lib/serialize/prepare.ts";

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

test("a lock file of our own is removed with its folder", async () => {
  const prepared = await prepareSerializer("flock", undefined);
  assert.ok(prepared.handoff.kind === "flock");
  const { path } = prepared.handoff;
  assert.equal(existsSync(path), true);
  prepared.remove();
  assert.equal(existsSync(dirname(path)), false);
});

test("a lock file that the user named stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "choice-test-"));
  const path = join(folder, "lock");
  try {
    const prepared = await prepareSerializer("flock", path);
    assert.deepEqual(prepared.handoff, { kind: "flock", path });
    prepared.remove();
    assert.equal(existsSync(path), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a lock file that cannot be created ends with status 73", async () => {
  await assert.rejects(
    prepareSerializer("flock", "/does/not/exist/lock"),
    (error) =>
      error instanceof TineError && error.exitCode === EX_CANTCREAT &&
      /Cannot create lock_file "\/does\/not\/exist\/lock"/.test(error.message),
  );
});
