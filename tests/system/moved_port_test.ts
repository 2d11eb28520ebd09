/** Ports that a reload moves between one address and all: the server itself is not in its own way. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { freePort } from "../../scripts/bench/ports.ts";
import { type DaemonFolder, withFolder } from "../support/daemon.ts";
import { UdpClient } from "../support/datagrams.ts";
import { exchange, signal } from "../support/server.ts";
import { until } from "../support/until.ts";

const timeout = 60_000;

function configure(folder: DaemonFolder, port: string): string {
  return folder.write("tine.conf", `port ${port}\nmax_servers 2\n`);
}

/** Reloads a server with `port`, and waits until its children are new. */
async function move(folder: DaemonFolder, port: string): Promise<void> {
  const old = await folder.children(2);
  const before = [...folder.log.matchAll(/Reloaded in/g)].length;
  configure(folder, port);
  signal(folder.pid, "SIGHUP");
  await folder.says(/Reloaded in|Cannot restart/, before + 1);
  assert.doesNotMatch(folder.log, /Cannot restart/);
  await folder.children(2, old);
}

async function isOpen(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

test("HUP moves a port from every address to one, and back", { timeout }, async () => {
  await withFolder(async (folder) => {
    const port = await freePort();
    const every = `*:${port}/tcp/IPv4`;
    assert.equal((await folder.start(["--conf_file", configure(folder, every)])).status, 0);
    // The clients of that address wait for the new children at most.
    const failures: unknown[] = [];
    let over = false;
    const load = Array.from({ length: 3 }, async () => {
      while (!over) await exchange(port).catch((error) => failures.push(error));
    });
    await move(folder, `127.0.0.1:${port}`);
    over = true;
    await Promise.all(load);
    assert.deepEqual(failures, []);
    await until(async () => !await isOpen("127.0.0.2", port), 10_000, "the end of every other address");
    await move(folder, every);
    // The old socket has clients of its address until the last process that has it open has ended.
    await until(() => exchange(port).catch(() => undefined), 10_000, "a client after the way back");
    for (let i = 0; i < 4; i++) await exchange(port);
    assert.ok(await isOpen("127.0.0.2", port));
    await folder.stop();
  });
});

test("HUP moves a port of datagrams from every address to one, and back", { timeout }, async () => {
  await withFolder(async (folder) => {
    const port = await freePort();
    const every = `*:${port}/udp/IPv4`;
    assert.equal((await folder.start(["--conf_file", configure(folder, every)])).status, 0);
    for (const wanted of [`127.0.0.1:${port}/udp`, every]) {
      await move(folder, wanted);
      const client = new UdpClient(port);
      // One that is sent while the last holder of the old socket ends is lost, as datagrams may be.
      let over = false;
      const answer = client.hear().finally(() => over = true);
      await until(
        () => over || void client.send("hello"),
        10_000,
        () => `an answer on ${wanted}\n${folder.log}`,
      );
      assert.match(await answer, /You said "hello"/);
      client.close();
    }
    await folder.stop();
  });
});

test("HUP still refuses a port that another program has", { timeout }, async () => {
  await withFolder(async (folder) => {
    const other = await freePort();
    const { Server } = await import("node:net");
    const rival = new Server().listen(other, "127.0.0.1");
    const port = await freePort();
    const conf = configure(folder, `127.0.0.1:${port}`);
    assert.equal((await folder.start(["--conf_file", conf])).status, 0);
    const children = await folder.children(2);
    configure(folder, `127.0.0.1:${other}`);
    signal(folder.pid, "SIGHUP");
    await folder.says(/Cannot restart: .*already in use.*going on with the present configuration/);
    assert.deepEqual((await folder.children(2)).toSorted(), children.toSorted());
    rival.close();
    await folder.stop();
  });
});
