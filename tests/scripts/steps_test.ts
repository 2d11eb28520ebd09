import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { commandOf, selectSteps, type Step, STEPS } from "../../scripts/steps.ts";

const names = (steps: readonly Step[]) => steps.map(({ name }) => name);

test("selectSteps() knows families and their members", () => {
  assert.deepEqual(selectSteps([]), STEPS);
  assert.deepEqual(names(selectSteps(["test"])), ["test:deno", "test:bun"]);
  assert.deepEqual(names(selectSteps(["test:bun", "lint"])), ["lint", "test:bun"]);
});

test("selectSteps() refuses a name that means no step", () => {
  assert.throws(() => selectSteps(["tests"]), /Cannot run "tests"/);
});

test("commandOf() leaves out what the project does not have", () => {
  const root = mkdtempSync(join(tmpdir(), "tine-steps-"));
  try {
    const step: Step = { name: "a", about: "", command: ["look"], paths: ["mod.ts", "lib"] };
    assert.equal(commandOf(step, root), undefined);
    mkdirSync(join(root, "lib/os"), { recursive: true });
    assert.equal(commandOf(step, root), undefined, "a folder without files");
    writeFileSync(join(root, "lib/os/lock.ts"), "");
    assert.deepEqual(commandOf(step, root), ["look", "lib"]);
    const script: Step = { ...step, paths: ["scripts/docs.ts", "--check"] };
    assert.equal(commandOf(script, root), undefined, "a script that is not there");
  } finally {
    rmSync(root, { recursive: true });
  }
});
