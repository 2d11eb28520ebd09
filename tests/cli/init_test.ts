import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { Client, signal } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const tine = [process.execPath, ...(onBun ? [] : ["run", "-A"]), join(ROOT, "cli.ts")];

/** Starts the server of the project, exchanges a line with it, and stops it. */
async function serves(folder: string, said: string, answer: RegExp): Promise<void> {
  const [command = "", ...words] = tine;
  const server = spawn(command, [...words, "-c", "tine.toml", "--port", "127.0.0.1:0"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(server, "exit");
  try {
    let log = "";
    server.stderr.on("data", (bytes) => log += bytes);
    const port = await until(() => /auto-assigned port (\d+)/.exec(log)?.[1], () => log);
    const client = new Client(Number(port));
    client.say(said);
    client.end();
    assert.match(await client.rest(), answer);
  } finally {
    signal(server.pid as number, "SIGTERM");
  }
  assert.deepEqual(await within(ended), [0, null]);
}

/** Runs a command in the project, which must go well. */
async function passes(outside: Outside, ...words: string[]): Promise<void> {
  const { status, stdout, stderr } = await outside.run(words, { NO_COLOR: "1" });
  assert.equal(status, 0, `${words.join(" ")}: ${stdout}${stderr}`);
}

const REQUEST = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
const KINDS = [
  ["tcp", "hello", /^HELLO\r\n$/],
  ["http", REQUEST, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nHello from process \d+\n$/],
  ["exec", "hello", /^hello\r\n$/],
] as const;

for (const [kind, said, answer] of KINDS) {
  test(
    `tine init ${kind} writes a project that starts, passes its test and is formatted`,
    { timeout },
    () =>
      withOutside(async (outside) => {
        await passes(outside, ...tine, "init", kind);
        await serves(outside.folder, said, answer);
        await passes(outside, ...(onBun ? ["bun", "test"] : ["deno", "test", "-A"]));
        if (!onBun) {
          await passes(outside, "deno", "fmt", "--check");
          await passes(outside, "deno", "lint");
        }
        assert.deepEqual(readdirSync(outside.folder).filter((name) => /\.(pid|log)$/.test(name)), []);
      }),
  );
}

test(
  "tine init overwrites nothing, and writes nothing beside what is there",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const { folder } = outside;
      writeFileSync(join(folder, "tine.toml"), "mine");
      const { status, stderr } = await outside.run([...tine, "init"]);
      assert.equal(status, 73);
      assert.match(
        stderr,
        /^tine: Cannot write tine\.toml: it exists, and nothing is overwritten; [^\n]+\n$/,
      );
      assert.deepEqual(readdirSync(folder), ["tine.toml"]);
      assert.equal(readFileSync(join(folder, "tine.toml"), "utf8"), "mine");
      await passes(outside, ...tine, "init", "a/b c");
      assert.ok(readdirSync(join(folder, "a/b c")).includes("server.ts"));
    }),
);

for (const kind of ["tcp", "exec"]) {
  test(
    `the test of ${kind} passes in a folder whose name has a space`,
    { timeout },
    () =>
      withOutside(async (outside) => {
        await passes(outside, ...tine, "init", kind, "a b");
        const command = onBun ? "bun test" : "deno test -A";
        await passes(outside, "sh", "-c", `cd 'a b' && ${command}`);
      }),
  );
}

test(
  "a file where tine init is to make its folder is one line",
  { timeout },
  () =>
    withOutside(async (outside) => {
      outside.write("file", "mine");
      for (const folder of ["file", "file/deeper"]) {
        const { status, stderr } = await outside.run([...tine, "init", folder]);
        assert.equal(status, 73);
        assert.match(
          stderr,
          /^tine: Cannot write file\/\S+: not a directory \(ENOTDIR\); name a folder [^\n|]+\n$/,
        );
      }
      assert.deepEqual(readdirSync(outside.folder), ["file"]);
    }),
);

test(
  "what tine init tells to type reaches the folder, and runs nothing of its name",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const name = "it's $(touch ran)";
      const { stdout } = await outside.run([...tine, "init", name]);
      const go = /^ {2}(cd .+) && tine -c tine\.toml$/m.exec(stdout)?.[1];
      assert.ok(go, stdout);
      await passes(outside, "sh", "-c", `${go} && test -f tine.toml`);
      assert.deepEqual(readdirSync(outside.folder), [name]);
      const here = await outside.run([...tine, "init", "./"]);
      assert.match(here.stdout, /^ {2}tine -c/m);
    }),
);

test(
  "the test that an installed tine init writes passes as its README says",
  { timeout },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.write("package.json", '{ "type": "module", "dependencies": { "tine": "*" } }');
      await passes(
        outside,
        "env",
        `TINE_RUNTIME=${onBun ? "bun" : "deno"}`,
        "node_modules/.bin/tine",
        "init",
        "it",
      );
      const readme = readFileSync(join(outside.folder, "it/README.md"), "utf8");
      const command = (onBun ? /`(bun test)`/ : /`(deno test[^`]*)`/).exec(readme)?.[1];
      assert.ok(command, readme);
      await passes(outside, "sh", "-c", `cd it && ${command}`);
      if (!onBun) await passes(outside, "sh", "-c", "cd it && deno fmt --check");
    }),
);

test("a project that cannot be written whole leaves nothing", { timeout }, () =>
  withOutside((outside) => {
    // No file may be longer than a block, and the write says so in place of a signal.
    const limited = 'trap "" XFSZ; ulimit -f 1; exec "$@"';
    const words = ["-c", limited, "sh", ...tine, "init", "tcp", join(outside.folder, "it")];
    const env = { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" };
    const { status, stderr } = spawnSync("sh", words, { encoding: "utf8", env });
    assert.match(stderr, /^tine: Cannot write \S+: .*; name a folder that you may write to\n$/);
    assert.equal(status, 73);
    assert.deepEqual(readdirSync(outside.folder), []);
    return Promise.resolve();
  }));

test("what tine init cannot understand is one line", { timeout }, () =>
  withOutside(async (outside) => {
    for (
      const [words, told] of [[["tpc", "x"], /nearest kind is "tcp"/], [
        ["--force"],
        /has no options/,
      ]] as const
    ) {
      const { status, stderr } = await outside.run([...tine, "init", ...words]);
      assert.equal(status, 64);
      assert.match(stderr, told);
    }
    assert.deepEqual(readdirSync(outside.folder), []);
  }));
