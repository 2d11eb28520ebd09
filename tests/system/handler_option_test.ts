import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { type DaemonFolder, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { onBun } from "../support/server.ts";

/** A handler that says a word of its own option. */
function says(word: string): string {
  return `export default {
  options: { greeting: { kind: "string", help: "What is said.", default: "none" } },
  async processRequest(connection, server) {
    await connection.print("${word} " + server.config.own.greeting + "\\n");
  },
};
`;
}

/** What a client is told. */
async function told(port: number): Promise<string> {
  let text = "";
  const socket = connect(port, "127.0.0.1");
  socket.on("data", (bytes) => text += bytes);
  await new Promise<void>((resolve, reject) => socket.on("close", () => resolve()).on("error", reject));
  return text;
}

function configure(folder: DaemonFolder, lines: readonly string[]): string {
  mkdirSync(folder.file("etc"), { recursive: true });
  const base = ['port = "127.0.0.1:0"', "max_servers = 2", `pid_file = "${folder.file("pid")}"`];
  return folder.write(
    "etc/tine.toml",
    `${
      [...base, `log_file = "${folder.file("log")}"`, "log_level = 4", "setsid = true", ...lines].join("\n")
    }\n`,
  );
}

test("a file alone says what is run: its handler is beside it, and every command finds its options", {
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("etc"));
    folder.write("etc/first.ts", says("first"));
    folder.write("second.ts", says("second"));
    const conf = configure(folder, ['handler = "./first.ts"', 'greeting = "hello"']);
    const check = await folder.run(["check", conf]);
    assert.deepEqual([check.status, check.stderr], [0, ""]);
    assert.match(check.stdout, /^handler = "\.\/first\.ts" +# .*tine\.toml:7:11$/m);
    assert.match(check.stdout, /^greeting = "hello" +# .*tine\.toml:8:12$/m);
    const start = await folder.run(["-c", conf]);
    folder.remember(folder.pid);
    assert.deepEqual([start.status, start.stderr], [0, ""]);
    const children = await folder.children(2);
    assert.equal(await told(folder.port), "first hello\n");
    assert.match((await folder.run(["status", "-c", conf])).stdout, /^PreForkSimple /);

    // Another handler comes with a reload, and so do its options.
    configure(folder, ['handler = "../second.ts"', 'greeting = "again"']);
    const reload = await folder.run(["reload", "-c", conf]);
    assert.deepEqual([reload.status, reload.stderr], [0, ""]);
    await folder.children(2, children);
    assert.equal(await told(folder.port), "second again\n");

    // One that is not there costs nothing.
    configure(folder, ['handler = "./none.ts"']);
    const refused = await folder.run(["reload", "--pid_file", folder.file("pid")]);
    assert.equal(refused.status, 78);
    assert.match(refused.stderr, /tine\.toml:7:11: Cannot load handler \S+none\.ts: no such file/);
    assert.equal(await told(folder.port), "second again\n");

    // Who looks at a server, reloads or stops it needs none of its code, which may be broken.
    configure(folder, ['handler = "../second.ts"', 'greeting = "again"']);
    folder.write("second.ts", "export default {\n");
    assert.match((await folder.run(["status", "-c", conf])).stdout, /^PreForkSimple /);
    const broken = await folder.run(["reload", "-c", conf]);
    assert.equal(broken.status, 78);
    assert.match(broken.stderr, /second\.ts.*the server goes on with its present configuration\n$/);
    await folder.says(/Cannot restart: .*second\.ts.*; going on with the present configuration/);
    const stop = await folder.run(["stop", "-c", conf]);
    assert.deepEqual([stop.status, stop.stderr], [0, ""]);
  });
});

test(
  "the argument HANDLER wins over a file's, and two on one command line are refused",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const one = folder.write("one.ts", says("one"));
      const conf = configure(folder, ['handler = "./none.ts"']);
      const { status, stdout } = await folder.run(["check", conf, one]);
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`^handler = "${one}" +# command line:3$`, "m"));
      const twice = await folder.run([one, "--handler", one]);
      assert.deepEqual([twice.status, twice.stdout], [78, ""]);
      assert.match(
        twice.stderr,
        /command line:2: Cannot set handler: the command line names the handler \S+ already; remove one\n$/,
      );
    });
  },
);

test("a program that is its own handler refuses the option", { timeout }, async () => {
  await withFolder(async (folder) => {
    const mod = new URL("../../mod.ts", import.meta.url).href;
    const own = folder.write("own.ts", `import { run } from "${mod}";\nrun(() => {});\n`);
    const [command = "", ...words] = [process.execPath, ...(onBun ? [] : ["run", "-A"]), own];
    const { status, stderr } = await folder.run(["--handler", "x.ts"], { program: [command, ...words] });
    assert.equal(status, 78);
    assert.match(stderr, /Cannot set handler: this program has one of its own; remove it\n$/);
  });
});

test("a second server in one process is refused, and the first ends in order", { timeout }, async () => {
  await withFolder(async (folder) => {
    const mod = new URL("../../mod.ts", import.meta.url).href;
    const options = `{ port: "127.0.0.1:0", maxServers: 1, pidFile: "${folder.file("pid")}" }`;
    const own = folder.write(
      "own.ts",
      `import { run } from "${mod}";\nrun(() => {}, ${options});\nrun(() => {}, { port: "127.0.0.1:0" });\n`,
    );
    const program = [process.execPath, ...(onBun ? [] : ["run", "-A"]), own];
    const { status, stderr } = await folder.run([], { program });
    assert.notEqual(status, 0);
    assert.match(
      stderr,
      /UsageError: Cannot run a second server in this process: run was called already; give/,
    );
    assert.equal(folder.read("pid"), "");
  });
});
