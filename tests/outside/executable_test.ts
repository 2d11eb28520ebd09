import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { findBaseBinary, importMapOf } from "../../scripts/compile.ts";
import { toolEnvironment } from "../../scripts/toolchain.ts";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { Client, signal } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const onlyBun = onBun ? false : "Bun's suite does this";
const onlyDeno = onBun ? "Deno's suite does this" : false;
const noBase = !onBun && findBaseBinary(toolEnvironment()) === undefined
  ? "no denort here: set DENORT_BIN, or run `deno compile` once with a network"
  : false;

/** What an executable may hold beside the runtime: Tine's own files are 2 MB of it, and the parser 0.1. */
const MOST_MB = 4;
/** The same with its compiled code. */
const MOST_BYTECODE_MB = 12;
const megabytes = (path: string) => statSync(path).size / 2 ** 20;

/** A program whose options come from a TOML file. */
function writeProgram(outside: Outside, tine: string): void {
  outside.write("x.toml", 'port = "127.0.0.1:0"\nmax_servers = 2\n');
  outside.write(
    "own.ts",
    `import { type Connection, run } from "${tine}";
run(async (connection: Connection, server) => {
  for await (const line of connection.lines()) await connection.print(line + " " + server.pid + "\\r\\n");
}, { confFile: "FOLDER/x.toml" });
`,
  );
}

/** Checks that the executable serves a client from a child, with nothing of the program's beside it. */
async function serves(outside: Outside, name: string): Promise<void> {
  for (const file of ["own.ts", "node_modules"]) {
    const path = join(outside.folder, file);
    if (existsSync(path)) renameSync(path, `${path}.away`);
  }
  const server = spawn(join(outside.folder, name), [], {
    cwd: outside.folder,
    env: { PATH: "", NO_COLOR: "1", NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  server.stderr.on("data", (bytes) => log += bytes);
  const ended = once(server, "exit");
  try {
    const port = await until(() => /auto-assigned port (\d+)/.exec(log)?.[1], () => log);
    const client = new Client(Number(port));
    client.say("hello");
    const answer = await client.line();
    assert.match(answer, /^hello \d+$/);
    assert.notEqual(answer, `hello ${server.pid}`);
    client.close();
  } finally {
    signal(server.pid as number, "SIGTERM");
  }
  assert.deepEqual(await within(ended, "the end of the server"), [0, null], log);
}

/** Runs a compiler, which must succeed. Returns what it printed. */
async function compile(
  outside: Outside,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, stdout, stderr } = await outside.run(command, env);
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

const BUN_BUILD = ["bun", "build", "--compile", "--outfile=own", "own.ts"];

test("bun build --compile makes an executable of a program that imports a checkout", {
  timeout,
  skip: onlyBun,
}, () =>
  withOutside(async (outside) => {
    writeProgram(outside, `${ROOT}/mod.ts`);
    await compile(outside, BUN_BUILD);
    assert.ok(megabytes(join(outside.folder, "own")) < megabytes(process.execPath) + MOST_MB);
    await serves(outside, "own");
  }));

test(
  "bun build --compile makes an executable of a program with the package",
  { timeout, skip: onlyBun },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.borrow("bun-types", "typescript");
      writeProgram(outside, "tine");
      await compile(outside, BUN_BUILD);
      assert.ok(megabytes(join(outside.folder, "own")) < megabytes(process.execPath) + MOST_MB);
      await serves(outside, "own");
    }),
);

test(
  "scripts/compile.ts makes an executable of a program elsewhere, by Bun",
  { timeout, skip: onlyBun },
  () =>
    withOutside(async (outside) => {
      writeProgram(outside, `${ROOT}/mod.ts`);
      const out = join(outside.folder, "own");
      const args = ["bun", "--entry", "own.ts", "--out", "own"];
      await compile(outside, ["deno", "run", "-A", "--no-check", join(ROOT, "scripts/compile.ts"), ...args]);
      assert.ok(megabytes(out) < megabytes(process.execPath) + MOST_BYTECODE_MB, `${megabytes(out)} MiB`);
      await serves(outside, "own");
    }),
);

test("scripts/compile.ts makes an executable of a program elsewhere, by Deno", {
  timeout,
  skip: onlyDeno || noBase,
}, () =>
  withOutside(async (outside) => {
    // Neither the tools of a project nor an absolute path is in its way.
    outside.borrow("typescript", "bun-types");
    outside.write("package.json", '{"type": "module", "devDependencies": {"typescript": "*"}}');
    writeProgram(outside, `${ROOT}/mod.ts`);
    const out = join(outside.folder, "own");
    const args = ["deno", "--entry", join(outside.folder, "own.ts"), "--out", out];
    await compile(outside, ["deno", "run", "-A", "--no-check", join(ROOT, "scripts/compile.ts"), ...args]);
    assert.ok(megabytes(out) < 100 + MOST_MB);
    await serves(outside, "own");
  }));

/** How many megabytes `deno compile` says that it has embedded. */
function embedded(said: string): number {
  const [, number, unit] = /^Files: ([\d.]+)([KM]B)$/m.exec(said) ?? [];
  assert.ok(number, said);
  return Number(number) / (unit === "KB" ? 1024 : 1);
}

/** A whole deno is taken as a base too: what is made is no program, but holds the same. */
const ANY_BASE = { DENORT_BIN: process.execPath };
const DENO_COMPILE = ["deno", "compile", "-A", "--no-check", "--output", "own"];

for (const tine of ["PATH/mod.ts", "file://PATH/mod.ts"]) {
  test(
    `deno compile embeds Tine and no more where ${tine} is imported`,
    { timeout, skip: onlyDeno },
    () =>
      withOutside(async (outside) => {
        writeProgram(outside, tine.replace("PATH", ROOT));
        const said = await compile(outside, [...DENO_COMPILE, "own.ts"], ANY_BASE);
        assert.ok(embedded(said) < MOST_MB, said);
        assert.doesNotMatch(said, /node_modules/);
      }),
  );
}

test(
  "deno compile embeds Tine and its parser with the package",
  { timeout, skip: onlyDeno },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
      writeProgram(outside, "tine");
      const said = await compile(outside, [...DENO_COMPILE, "own.ts"], ANY_BASE);
      assert.ok(embedded(said) < MOST_MB, said);
    }),
);

test("the import map names what has an absolute path, and what the program's own map names", () => {
  const graph = {
    modules: [{
      dependencies: [
        { specifier: "/opt/tine/mod.ts", code: { specifier: "file:///opt/tine/mod.ts" } },
        { specifier: "tine", code: { specifier: "file:///opt/tine/mod.ts" } },
        { specifier: "./later.ts", code: { specifier: "file:///srv/later.ts" } },
        { specifier: "chalk", code: { specifier: "npm:chalk@5" } },
        { specifier: "node:fs", code: { specifier: "node:fs" } },
        { specifier: "missing" },
      ],
    }, {}],
  };
  assert.deepEqual(importMapOf(graph, "/srv"), {
    "/opt/tine/mod.ts": "./../opt/tine/mod.ts",
    tine: "./../opt/tine/mod.ts",
    chalk: "npm:chalk@5",
  });
  const relative = [{ specifier: "../tine/mod.ts", code: { specifier: "file:///opt/tine/mod.ts" } }];
  assert.equal(importMapOf({ modules: [{ dependencies: relative }] }, "/opt/own"), undefined);
});
