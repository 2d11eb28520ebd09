import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { closeFd } from "../../lib/os/descriptor.ts";
import { bindDatagram, receiveFrom } from "../../lib/os/socket.ts";
import { monotonicMicroseconds } from "../../lib/os/clock.ts";
import { timeout } from "../support/limits.ts";
import { exchange, signal, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** What a server told a service manager, message by message. */
class Manager {
  readonly told: string[] = [];
  readonly #socket: number;
  readonly #room = new Uint8Array(4096);

  constructor(path: string) {
    const address = { transport: "unix", hostname: "", port: 0, path } as const;
    this.#socket = bindDatagram(address, { v6Only: false });
  }

  /** Waits for the message after those that were waited for before. */
  async next(): Promise<string | undefined> {
    return await until(
      () => {
        const datagram = receiveFrom(this.#socket, this.#room);
        if (datagram !== undefined) {
          this.told.push(new TextDecoder().decode(this.#room.subarray(0, datagram.length)));
        }
        return datagram && this.told.at(-1);
      },
      () => `a message after ${JSON.stringify(this.told)}`,
    );
  }

  close(): void {
    closeFd(this.#socket);
  }
}

/** Calls `body` with a manager and the value of NOTIFY_SOCKET for it. */
async function withManager(
  name: string | undefined,
  body: (manager: Manager, notifySocket: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "manager-test-"));
  const path = name === undefined ? join(folder, "notify") : `\0${name}`;
  const manager = new Manager(path);
  try {
    await body(manager, path.replace("\0", "@"));
  } finally {
    manager.close();
    rmSync(folder, { recursive: true });
  }
}

const readyOn = (port: number, pid: number) =>
  `READY=1\nMAINPID=${pid}\nSTATUS=Listening on 127.0.0.1:${port}: 2 children`;

test("a service manager is told of start, reload and stop", { timeout }, async () => {
  await withManager(undefined, async (manager, path) => {
    await withServer(["--max_servers", "2"], { env: { NOTIFY_SOCKET: path } }, async (server) => {
      assert.equal(await manager.next(), readyOn(server.port, server.pid));
      await exchange(server.port);
      const before = monotonicMicroseconds();
      signal(server.pid, "SIGHUP");
      const reloading = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(await manager.next() ?? "");
      const at = Number(reloading?.[1]);
      assert.ok(at >= before && at <= monotonicMicroseconds(), `${at}`);
      assert.equal(await manager.next(), readyOn(server.port, server.pid));
      signal(server.pid, "SIGTTIN");
      assert.equal(await manager.next(), "STATUS=3 children");
      signal(server.pid, "SIGTERM");
      assert.equal(await manager.next(), "STOPPING=1");
    });
  });
});

test("a service manager is told that a reload was refused, and why", { timeout }, async () => {
  await withManager(undefined, async (manager, path) => {
    const files = { "tine.conf": "max_servers 2\n" };
    const options = { env: { NOTIFY_SOCKET: path }, files };
    await withServer(["--conf_file", "FOLDER/tine.conf"], options, async (server) => {
      assert.match(await manager.next() ?? "", /^READY=1\n/);
      writeFileSync(join(server.folder, "tine.conf"), "max_servers none\n");
      signal(server.pid, "SIGHUP");
      assert.match(await manager.next() ?? "", /^RELOADING=1\n/);
      assert.match(
        await manager.next() ?? "",
        /^READY=1\nMAINPID=\d+\nSTATUS=Cannot restart: .*tine\.conf:1:13: /,
      );
      await exchange(server.port);
    });
  });
});

const noAbstract = process.platform === "linux" ? false : "needs Linux";

test("a service manager may listen on a name without a file", { timeout, skip: noAbstract }, async () => {
  await withManager(`tine-${process.pid}`, async (manager, name) => {
    await withServer(["--max_servers", "2"], { env: { NOTIFY_SOCKET: name } }, async (server) => {
      assert.equal(await manager.next(), readyOn(server.port, server.pid));
    });
  });
});

test("a service manager that is not there costs a line in the log", { timeout }, async () => {
  await withServer(["--max_servers", "2"], { env: { NOTIFY_SOCKET: "/nobody/notify" } }, async (server) => {
    await server.says(/Cannot tell the service manager READY=1: .*ENOENT/);
    await exchange(server.port);
  });
});

/** It cannot be loaded by the server itself, once there is a file "broken": not by who tries a reload. */
const BROKEN_AFTER_TRY = `import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
const isServer = existsSync("FOLDER/pid") && Number(readFileSync("FOLDER/pid", "utf8")) === process.pid;
if (isServer && existsSync("FOLDER/broken")) throw new Error("broken after it was tried");
export default (connection) => connection.print("served\\r\\n");
`;

test(
  "a service manager is told that a tried program cannot be loaded, and when it can",
  { timeout },
  async () => {
    await withManager(undefined, async (manager, path) => {
      const options = {
        env: { NOTIFY_SOCKET: path },
        files: { "h.ts": BROKEN_AFTER_TRY, broken: "" },
        handler: "FOLDER/h.ts",
      };
      await withServer(["--max_servers", "2", "--pid_file", "FOLDER/pid"], options, async (server) => {
        assert.equal(await manager.next(), readyOn(server.port, server.pid));
        signal(server.pid, "SIGHUP");
        assert.match(await manager.next() ?? "", /^RELOADING=1\n/);
        // A manager that hears no READY ends the server after a while.
        assert.match(
          await manager.next() ?? "",
          /^READY=1\nMAINPID=\d+\nSTATUS=Cannot restart: .*broken after it was tried/,
        );
        rmSync(join(server.folder, "broken"));
        signal(server.pid, "SIGHUP");
        assert.match(await manager.next() ?? "", /^RELOADING=1\n/);
        assert.equal(await manager.next(), readyOn(server.port, server.pid));
      });
    });
  },
);
