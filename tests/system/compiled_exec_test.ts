import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { before, describe, test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, onBun } from "../support/server.ts";
import { lacks, withTcpserver } from "../support/super_server.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { until, within } from "../support/until.ts";

const skip = onBun ? false : "the executable is built and run once, by Bun's tests";

describe("the executable that Bun builds", { skip }, () => {
  const folder = folderOfFile("tine-compiled-");
  const program = join(folder, "tine");
  before(() => {
    const { status, stderr } = spawnSync(
      "deno",
      ["run", "-A", "scripts/compile.ts", "bun", "--out", program],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
  });

  test("begins a project without a test, and says why", { skip, timeout }, () => {
    const { status, stdout } = spawnSync(program, ["init", join(folder, "project")], { encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Wrote server\.ts, tine\.toml, README\.md, \.gitignore\nNo test: it would import the package /,
    );
  });

  test("runs a program for each client", { skip, timeout }, async () => {
    const options = ["--port", "127.0.0.1:0", "--max_servers", "1", "--log_level", "3"];
    const command = ["--", "sh", "-c", "env | grep PROTO"];
    const server = spawn(program, ["exec", ...options, ...command], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    server.stderr.on("data", (bytes) => said += bytes);
    const ended = once(server, "exit");
    try {
      const port = await until(() => /auto-assigned port (\d+)/.exec(said)?.[1], () => said);
      const client = new Client(Number(port));
      assert.match(await client.rest(), /^PROTO=TCP\n$/);
      await until(() => /EXEC pid\(\d+\) ended with status 0/.test(said), () => said);
    } finally {
      process.kill(server.pid as number, "SIGTERM");
      assert.deepEqual(await within(ended, "the end of the server"), [0, null], said);
    }
  });

  test("serves the client of a super-server", { skip: skip || lacks("tcpserver"), timeout }, async () => {
    await withTcpserver({ program: [program, "INET"] }, async ({ port, said }) => {
      const client = new Client(port);
      const pid = await client.welcome();
      await client.ask("hello", pid);
      await client.quit();
      await until(() => said().includes(`end ${pid} status 0`), said);
    });
  });
});
