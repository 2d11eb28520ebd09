import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { timeout } from "../support/limits.ts";
import { Client, onBun } from "../support/server.ts";
import { until, within } from "../support/until.ts";

test("run tells the addresses by onListen, and stops when its signal is aborted", { timeout }, async () => {
  const path = fileURLToPath(new URL("fixtures/run_options.ts", import.meta.url));
  const server = spawn(process.execPath, [...(onBun ? [] : ["run", "-A"]), path]);
  try {
    let said = "";
    server.stdout.on("data", (bytes) => said += bytes);
    const lines = await until(() => {
      const lines = said.trim().split("\n");
      return lines.length === 2 && lines;
    }, "two addresses");
    for (const line of lines as string[]) {
      const [transport, hostname, port] = line.split(" ");
      assert.deepEqual([transport, hostname], ["tcp", "127.0.0.1"]);
      const client = new Client(Number(port));
      await client.welcome();
      await client.quit();
    }
    server.stdin.end();
    assert.deepEqual(await within(once(server, "exit")), [0, null]);
  } finally {
    server.kill("SIGKILL");
  }
});
