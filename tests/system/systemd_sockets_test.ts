import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { freePort } from "../../scripts/bench/ports.ts";
import { timeout } from "../support/limits.ts";
import { exchange, signal, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const noSystemd = spawnSync("systemd-socket-activate", ["--version"]).status === 0
  ? false
  : "no systemd-socket-activate (Debian's package systemd)";

/** The command that opens sockets as systemd does, and becomes the server when the first client comes. */
function activate(...args: string[]): string[] {
  // It hands on no variable but those that are named.
  const names = ["DENO_NO_PACKAGE_JSON", "NO_COLOR", "TMPDIR", "HOME"];
  return ["systemd-socket-activate", ...args, ...names.map((name) => `--setenv=${name}`)];
}

test("a server takes the TCP socket of systemd, its first client included, and keeps it over HUP", {
  timeout,
  skip: noSystemd,
}, async () => {
  const port = await freePort("tcp");
  const args = [
    "--port",
    `127.0.0.1:${port}`,
    "--port",
    "127.0.0.1:0",
    "--max_servers",
    "2",
    "--log_level",
    "4",
  ];
  const wrapper = activate("-l", `127.0.0.1:${port}`, "--fdname", "web");
  await withServer(args, { ports: 0, wrapper }, async (server) => {
    await server.says(/Listening on/);
    const first = exchange(port); // waits in the queue until the server is there
    await server.says(/Reassociating file descriptor 3 with TCP on \[127\.0\.0\.1\]:\d+, using IPv4/);
    await first;
    await server.up(1);
    await exchange(server.port);
    await exchange(port);
    assert.doesNotMatch(server.text, /Closing un-mapped/);
    signal(server.pid, "SIGHUP");
    await server.says(/Parent ready for children/, { times: 2 });
    await exchange(port);
    await exchange(server.port);
  });
});

test("a server takes the UDP socket of systemd, and closes one that nobody asked for", {
  timeout,
  skip: noSystemd,
}, async () => {
  const [port, spare] = [await freePort("udp"), await freePort("udp")];
  const args = ["--port", `127.0.0.1:${port}/udp`, "--max_servers", "1", "--log_level", "3"];
  const wrapper = activate("-d", "-l", `127.0.0.1:${port}`, "-l", `127.0.0.1:${spare}`);
  await withServer(args, { ports: 0, wrapper }, async (server) => {
    await server.says(/Listening on/);
    const client = new UdpClient(port);
    assert.equal(await client.ask("first"), 'You said "first"');
    assert.equal(await client.ask("second"), 'You said "second"');
    client.close();
    await server.says(new RegExp(`Closing un-mapped port \\(.*127\\.0\\.0\\.1:${spare}\\) on fd 4`));
  });
});

test(
  "the file of a unix socket of systemd stays when the server ends",
  { timeout, skip: noSystemd },
  async () => {
    const args = ["--port", "FOLDER/s.sock|unix", "--max_servers", "1", "--log_level", "4"];
    await withServer(args, { ports: 0, wrapper: activate("-l", "FOLDER/s.sock") }, async (server) => {
      await server.says(/Listening on/);
      const path = `${server.folder}/s.sock`;
      const welcome = async () => {
        const socket = createConnection(path);
        let text = "";
        socket.on("data", (bytes) => text += bytes);
        await until(() => text.includes("Welcome"), "the greeting");
        socket.destroy();
      };
      await welcome();
      signal(server.pid, "SIGHUP");
      await server.says(/Parent ready for children/, { times: 2 });
      await welcome();
      await server.stop();
      assert.ok(existsSync(path), "systemd's socket unit would be without its file");
    });
  },
);

test("sockets that are meant for another process are not taken", { timeout }, async () => {
  const env = { LISTEN_PID: "1", LISTEN_FDS: "1" };
  await withServer(["--max_servers", "1", "--log_level", "3"], { env }, async (server) => {
    await exchange(server.port);
    assert.doesNotMatch(server.text, /Reassociating|un-mapped|systemd/);
  });
});
