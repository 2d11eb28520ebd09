import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { toolEnvironment } from "../../scripts/toolchain.ts";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT } from "../support/outside.ts";

const skip = onBun ? "Deno's suite does this" : false;

const PACK =
  "deno run -A --no-check scripts/build_package.ts >&2 && npm pack --dry-run --json --ignore-scripts";

/** What both packages hold beside the code. */
const PAGES = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  ...globSync("docs/**/*.{md,svg,json,1,5}", { cwd: ROOT }),
];

function run(program: string, ...words: string[]): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...toolEnvironment(), NO_COLOR: "1" },
  });
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

test("deno publish finds no fault, and takes the code and the pages alone", { timeout, skip }, () => {
  const { stdout, stderr } = run("deno", "publish", "--dry-run", "--allow-dirty");
  const listed = [...(stdout + stderr).matchAll(/^ +file:\/\/(\S+) \(/gm)].map(([, path = ""]) =>
    decodeURI(path).slice(ROOT.length + 1)
  );
  const wanted = ["mod.ts", "cli.ts", "deno.json", ...PAGES, ...globSync("lib/**/*.ts", { cwd: ROOT })];
  assert.deepEqual(listed.sort(), wanted.sort());
});

test("npm pack takes what was built of the code, the command and the pages alone", { timeout, skip }, () => {
  mkdirSync(`${ROOT}/dist`, { recursive: true });
  // Other tests may be about to build it.
  const { stdout } = run("flock", "dist/package.lock", "sh", "-c", PACK);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const built = (path: string) => path.startsWith("dist/js/");
  const others = files.map(({ path }) => path).filter((path) => !built(path));
  const wanted = ["package.json", "scripts/launch/launch.sh", "scripts/launch/tine.js", ...PAGES];
  assert.deepEqual(others.sort(), wanted.sort());
  for (const { path } of files) if (built(path)) assert.match(path, /\.(js|d\.ts)$/);
});
