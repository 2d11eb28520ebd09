import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findBaseBinary } from "../../scripts/compile.ts";
import { ROOT, toolEnvironment } from "../../scripts/toolchain.ts";
import { folderOfFile } from "../support/file_folder.ts";

/** Each runtime's suite compiles for its own. */
const onBun = process.versions["bun"] !== undefined;
const env = toolEnvironment();
const folder = folderOfFile("tine-compile-");

/** A program with what Tine needs of a compiler: an import made later, top-level await, a Worker made of text. */
writeFileSync(join(folder, "later.ts"), "export const answer: number = 42;\n");
writeFileSync(
  join(folder, "program.ts"),
  `const { answer } = await import("./later.ts");
const text = "onmessage = (event) => postMessage(event.data + 1);";
const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { type: "module" });
const { data } = await new Promise<MessageEvent<number>>((resolve) => {
  worker.onmessage = resolve;
  worker.postMessage(answer);
});
console.log(data, process.env.FROM_DOTENV, process.argv.slice(2).join(" "));
process.exit(0);
`,
);
writeFileSync(join(folder, ".env"), "FROM_DOTENV=1\n");

function compile(
  args: string[],
  more: Record<string, string> = {},
): { status: number | null; stderr: string } {
  const command = ["run", "-A", "--no-check", join(ROOT, "scripts/compile.ts"), ...args];
  return spawnSync("deno", command, { env: { ...env, ...more }, encoding: "utf8" });
}

function checkExecutable(runtime: string): void {
  const out = join(folder, "bin", runtime);
  const { status, stderr } = compile([runtime, "--entry", join(folder, "program.ts"), "--out", out]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(join(folder, "bin")), [runtime], "nothing else is left beside it");
  const run = spawnSync(out, ["a", "-b"], { cwd: folder, env: { PATH: "" }, encoding: "utf8" });
  assert.equal(run.stdout, "43 undefined a -b\n", run.stderr);
}

const noBun = onBun ? false : "Bun's suite does this";
test(
  "compile bun makes an executable that needs nothing beside it",
  { skip: noBun },
  () => checkExecutable("bun"),
);

const noDeno = onBun
  ? "Deno's suite does this"
  : findBaseBinary(env) === undefined
  ? "no denort here: set DENORT_BIN, or run `deno compile` once with a network"
  : false;
test(
  "compile deno makes an executable that needs nothing beside it",
  { skip: noDeno },
  () => checkExecutable("deno"),
);

test("compile deno says in one line that the base binary is missing", () => {
  const { status, stderr } = compile([
    "deno",
    "--entry",
    join(folder, "program.ts"),
    "--out",
    join(folder, "none"),
  ], {
    DENORT_BIN: join(folder, "denort"),
  });
  assert.equal(status, 69);
  assert.match(stderr, /^Cannot compile for Deno: DENORT_BIN is "[^"\n]+", and there is no such file\n$/);
});

test("compile names its usage", () => {
  const { status, stderr } = compile(["node"]);
  assert.equal(status, 64);
  assert.match(stderr, /^Usage: /);
});
