import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { VERSION } from "../../lib/version.ts";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { Client, exchange, signal, withServer } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const name = onBun ? "bun" : "deno";
const hello = `tine ${VERSION} (${name} ${process.versions[name]}, `;

/** What the launcher itself needs. */
const TOOLS = ["sh", "readlink", "dirname", "head", "od", "tr", "uname"];

/** A folder for PATH that has the tools, and `more`: names and the programs that they stand for. */
function pathWith(outside: Outside, more: Readonly<Record<string, string>> = {}): string {
  const folder = join(outside.folder, `path-${Object.keys(more).join("-")}`);
  mkdirSync(folder);
  for (const tool of TOOLS) {
    const path = execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim();
    symlinkSync(path, join(folder, tool));
  }
  for (const [link, program] of Object.entries(more)) symlinkSync(program, join(folder, link));
  return folder;
}

/** Runs `body` in a project with the package, and no runtime. */
const withProject = (body: (outside: Outside) => Promise<void>): Promise<void> =>
  withOutside(async (outside) => {
    installPackage(outside.folder);
    outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
    await body(outside);
  });

const COMMAND = "node_modules/.bin/tine";

test("npx tine runs the runtime that is on PATH", { timeout }, () =>
  withProject(async (outside) => {
    const path = pathWith(outside, { [name]: process.execPath });
    const { status, stdout, stderr } = await outside.run(["npx", "--no-install", "tine", "--version"], {
      PATH: `${path}:/usr/bin:/bin`,
    });
    assert.equal(status, 0, stderr);
    assert.ok(stdout.startsWith(hello), stdout);
  }));

test("bun x tine runs Bun, even with Deno on PATH", {
  timeout,
  skip: onBun ? false : "Bun's suite does this",
}, () =>
  withProject(async (outside) => {
    // The second is what a script of npm's has, which Bun leaves as it is.
    for (const agent of ["", "npm/11.0.0 node/v22.0.0 linux x64"]) {
      for (const flags of [[], ["--bun"]]) {
        const { status, stdout, stderr } = await outside.run(["bun", "x", ...flags, "tine", "--version"], {
          npm_config_user_agent: agent,
        });
        assert.equal(status, 0, stderr);
        assert.ok(stdout.startsWith(hello), stdout);
      }
    }
  }));

test(
  "Deno runs the package's command itself",
  { timeout, skip: onBun ? "Deno's suite does this" : false },
  () =>
    withProject(async (outside) => {
      const { status, stdout, stderr } = await outside.run(["deno", "run", "-A", "npm:tine", "--version"]);
      assert.equal(status, 0, stderr);
      assert.ok(stdout.startsWith(hello), stdout);
    }),
);

test("the command tine becomes the runtime: its process is the server's, and so are signals and status", {
  timeout,
}, () =>
  withProject(async (outside) => {
    const args = ["--port", "127.0.0.1:0", "--max_servers", "1"];
    const env = { ...process.env, PATH: pathWith(outside, { [name]: process.execPath }), NO_COLOR: "1" };
    const server = spawn(join(outside.folder, COMMAND), args, {
      cwd: outside.folder,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    server.stderr.on("data", (bytes) => log += bytes);
    const ended = once(server, "exit");
    try {
      const port = await until(() => /auto-assigned port (\d+)/.exec(log)?.[1], () => log);
      await until(() => log.includes(`to stop: kill ${server.pid}\n`), () => log);
      await exchange(Number(port));
      signal(server.pid as number, "SIGHUP");
      await until(() => log.split("Listening on").length === 3, () => log);
      await exchange(Number(port));
    } finally {
      signal(server.pid as number, "SIGTERM");
    }
    assert.deepEqual(await within(ended, "the end of the server"), [0, null], log);
  }));

test(
  "the command tine ends with the status of the command line",
  { timeout },
  () =>
    withProject(async (outside) => {
      const PATH = pathWith(outside, { [name]: process.execPath });
      const { status, stderr } = await outside.run([COMMAND, "--max_server", "3"], { PATH });
      assert.equal(status, 78);
      assert.match(stderr, /^tine: command line:1: Cannot set "max_server": [^\n]+\n$/);
    }),
);

test(
  "without Deno and Bun the command tine says so in one line",
  { timeout },
  () =>
    withProject(async (outside) => {
      const PATH = pathWith(outside);
      const none = await outside.run([COMMAND, "--version"], { PATH });
      assert.deepEqual({ ...none, stderr: "" }, { status: 69, stdout: "", stderr: "" });
      assert.match(
        none.stderr,
        /^tine: Cannot start: neither Deno nor Bun is [^\n]+; install one of them, [^\n]+\n$/,
      );
      const one = await outside.run([COMMAND], { PATH, TINE_RUNTIME: "bun" });
      assert.equal(one.status, 69);
      assert.match(one.stderr, /^tine: Cannot start: bun is not installed [^\n]+; install it, [^\n]+\n$/);
      const wrong = await outside.run([COMMAND], { PATH, TINE_RUNTIME: "node" });
      assert.equal(wrong.status, 64);
      assert.match(
        wrong.stderr,
        /^tine: Cannot use TINE_RUNTIME "node": it is neither deno nor bun; [^\n]+\n$/,
      );
    }),
);

test(
  "an installed runtime comes before PATH, and a program before npm's script for it",
  { timeout },
  () =>
    withProject(async (outside) => {
      const script = outside.write(`node_modules/.bin/${name}`, "#!/bin/sh\necho a script\n");
      chmodSync(script, 0o755);
      const [os, machine] = [process.platform, process.arch];
      const inner = onBun
        ? `node_modules/@oven/bun-${os}-${machine === "arm64" ? "aarch64" : machine}/bin`
        : `node_modules/@deno/${os}-${machine}${os === "linux" ? "-glibc" : ""}`;
      mkdirSync(join(outside.folder, inner), { recursive: true });
      symlinkSync(process.execPath, join(outside.folder, inner, name));
      const PATH = `${join(outside.folder, "node_modules/.bin")}:${pathWith(outside)}`;
      const { status, stdout, stderr } = await outside.run([COMMAND, "--version"], { PATH });
      assert.equal(status, 0, stderr);
      assert.ok(stdout.startsWith(hello), stdout);
    }),
);

for (const link of ["tine", "tine.ts"]) {
  test(
    `a server starts, serves and restarts by a link to cli.ts with the name ${link}`,
    { timeout },
    async () => {
      await withServer(["--port", "127.0.0.1:0", "--max_servers", "2"], {
        ports: 0,
        program: [`FOLDER/${link}`],
        prepare: (folder) => {
          symlinkSync(join(ROOT, "cli.ts"), join(folder, "first"));
          symlinkSync("first", join(folder, link));
        },
      }, async (server) => {
        await server.up(1);
        await exchange(server.port);
        // As with cli.ts itself, children have a main module of their own on Deno: each loads less.
        const main = onBun ? `/${link}` : "/lib/cli/child.ts";
        for (const pid of server.children()) {
          const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
          assert.ok(words.some((word) => word.endsWith(main)), words.join(" "));
        }
        signal(server.pid, "SIGHUP");
        await server.says(/Listening on/, { times: 2 });
        const client = new Client(server.port);
        await client.welcome();
        client.close();
      });
    },
  );
}

test(
  "cli.ts is a program where Deno is on PATH",
  { timeout, skip: onBun ? "Deno's suite does this" : false },
  () =>
    withOutside(async (outside) => {
      const { status, stdout, stderr } = await outside.run([join(ROOT, "cli.ts"), "--version"]);
      assert.equal(status, 0, stderr);
      assert.ok(stdout.startsWith(hello), stdout);
    }),
);
