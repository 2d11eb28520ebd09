import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";

const skip = process.versions["bun"] === undefined
  ? "the executable is built and run once, by Bun's tests"
  : false;

/** Starts the program, has a client and a datagram served by its children, and stops it. */
async function serveBoth(program: string, args: readonly string[]): Promise<void> {
  const ports = ["--port", "127.0.0.1:0", "--port", "127.0.0.1:0/udp"];
  const server = spawn(program, [...args, ...ports, "--max_servers", "2"]);
  let log = "";
  let [port, datagramPort]: (string | undefined)[] = [];
  for await (const chunk of server.stderr) {
    log += chunk;
    [port, datagramPort] = [...log.matchAll(/Bound to auto-assigned port (\d+)/g)].map((match) => match[1]);
    if (datagramPort !== undefined) break;
  }
  assert.ok(port, log);
  const client = connect(Number(port), "127.0.0.1");
  client.write("hello\r\nquit\r\n");
  let answer = "";
  for await (const chunk of client) answer += chunk;
  assert.match(answer, /You said "hello"/);
  const [, personality, pid] = /Welcome to "Tine::(\w+)" \((\d+)\)/.exec(answer) ?? [];
  assert.equal(personality, args[0] ?? "PreForkSimple");
  assert.notEqual(Number(pid), server.pid);
  const datagrams = new UdpClient(Number(datagramPort));
  assert.equal(await datagrams.ask("hello"), 'You said "hello"');
  datagrams.close();
  const ended = once(server, "exit");
  process.kill(server.pid as number, "SIGTERM");
  assert.deepEqual(await ended, [0, null]);
}

test(
  "the executable that Bun builds serves clients from its children",
  { skip, timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tine-compiled-"));
    const program = join(folder, "tine");
    try {
      const built = spawnSync("deno", ["run", "-A", "scripts/compile.ts", "bun", "--out", program], {
        encoding: "utf8",
      });
      assert.equal(built.status, 0, built.stderr);
      for (const args of [[], ["PreFork", "--child_communication", "1"], ["Fork"]]) {
        await serveBoth(program, args);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
