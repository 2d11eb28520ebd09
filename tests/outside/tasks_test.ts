import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";

/** What each task is given to do, next to nothing, and what it says then. */
const TASKS: Readonly<Record<string, { readonly args: readonly string[]; readonly says: RegExp }>> = {
  start: { args: ["--version"], says: /^tine \d/m },
  ok: { args: ["--list"], says: /^test:deno /m },
  test: { args: ["--list"], says: /^test:bun /m },
  bench: { args: ["--no-such-option"], says: /no-such-option/ },
  compile: { args: ["--no-such-option"], says: /no-such-option/ },
  "compile:bun": { args: ["--no-such-option"], says: /no-such-option/ },
};

/** A machine on which nothing was ever downloaded, and nothing can be. */
const offline = (outside: Outside) => ({
  DENO_DIR: join(outside.folder, "deno_dir"),
  NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/",
});

/** Lays the checkout's files out as a fresh clone has them. */
function clone(outside: Outside): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
  });
  const files = listed.toString().split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
  execFileSync("cp", ["--parents", ...files, outside.folder], { cwd: ROOT });
}

/** Runs each task of `deno.json`. */
async function runTasks(outside: Outside): Promise<void> {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { tasks: object };
  assert.deepEqual(Object.keys(tasks).toSorted(), Object.keys(TASKS).toSorted(), "a task that is not tested");
  for (const [name, { args, says }] of Object.entries(TASKS)) {
    const { stdout, stderr } = await outside.run(["deno", "task", name, ...args], offline(outside));
    assert.match(stdout + stderr, says, `deno task ${name}`);
    assert.doesNotMatch(stdout + stderr, /Download|Cannot find module/, `deno task ${name}`);
  }
}

const skip = onBun ? "Deno's suite does this" : existsSync(join(ROOT, ".git")) ? false : "this is no clone";

test(
  "every deno task runs on a fresh clone, without a network",
  { timeout, skip },
  () =>
    withOutside(async (outside) => {
      clone(outside);
      await runTasks(outside);
    }),
);

test(
  "every deno task runs after npm ci, without a network",
  { timeout, skip },
  () =>
    withOutside(async (outside) => {
      clone(outside);
      symlinkSync(join(ROOT, "node_modules"), join(outside.folder, "node_modules"));
      await runTasks(outside);
    }),
);

test("npm's scripts run after npm ci", { timeout }, () =>
  withOutside(async (outside) => {
    clone(outside);
    symlinkSync(join(ROOT, "node_modules"), join(outside.folder, "node_modules"));
    const runner = onBun ? "bun" : "npm";
    for (
      const [name, option, says] of [["start", "--version", /^tine \d/m], [
        "test",
        "--list",
        /^test:bun /m,
      ]] as const
    ) {
      const { status, stdout, stderr } = await outside.run(
        [runner, "run", name, "--", option],
        offline(outside),
      );
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, says);
    }
  }));
