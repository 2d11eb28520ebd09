import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { BindError, ConfigError, type Place } from "../../lib/errors.ts";
import { closeListeners, listen, type Listener, type ListenOptions } from "../../lib/listen/listen.ts";
import { thisMachine } from "../../lib/listen/machine.ts";
import { keepOnExec } from "../../lib/os/descriptor.ts";
import { receiveFrom, sendTo, socketKind } from "../../lib/os/socket.ts";
import { pollHere, POLLIN } from "../../lib/os/wait.ts";
import { freePort } from "../../scripts/bench/ports.ts";
import { ownLoopback } from "../support/loopback.ts";
import { pass } from "../support/until.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-");

const noIPv6 = thisMachine.canBindIPv6("::1") ? false : "this machine has no IPv6";
const noProc = process.platform === "linux" ? false : "needs /proc";
const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

function flags(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return parseInt(/^flags:\s+(\d+)/m.exec(text)?.[1] ?? "", 8);
}

type Changes = Partial<Omit<ListenOptions, "config">> & { config?: Partial<ListenOptions["config"]> };

async function open(ports: ListenOptions["config"]["port"], changes: Changes = {}) {
  const lines: string[] = [];
  const origins = new Map<string, Place[]>([[
    "port",
    ports.map((_, i) => ({ source: "conf", line: i + 1 })),
  ]]);
  const result = await listen({
    origins,
    inherited: [],
    log: (level, message) => lines.push(`${level} ${message}`),
    ...changes,
    config: { port: ports, host: [], proto: [], ipv: [], ...changes.config },
  });
  return { ...result, lines };
}

function portOf(listener: Listener | undefined): number {
  return (listener as Listener).address.port;
}

async function connects(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const client = createConnection({ host, port });
    client.on("connect", () => resolve(true)).on("error", () => resolve(false));
    client.on("connect", () => client.destroy());
  });
}

/** A machine on which the host `both` has both families. */
const both: ListenOptions["machine"] = {
  ...thisMachine,
  lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }, { address: "::1", family: 6 }]),
};

test("listen binds several ports and tells their numbers", async () => {
  const { listeners, lines } = await open(["127.0.0.1:0", "127.0.0.1:0"]);
  assert.equal(listeners.length, 2);
  assert.notEqual(portOf(listeners[0]), portOf(listeners[1]));
  for (const { address } of listeners) {
    assert.ok(lines.includes(`2   Bound to auto-assigned port ${address.port}`));
    assert.ok(await connects("127.0.0.1", address.port));
  }
  closeListeners(listeners);
});

test("listen logs in Net::Server's words", async () => {
  const port = await freePort();
  const { listeners, lines } = await open([String(port)], {
    origins: new Map(),
    config: { host: ["127.0.0.1"] },
  });
  assert.deepEqual(lines, [
    `2 Port Not Defined.  Defaulting to '${port}'`,
    `2 Binding to TCP port ${port} on host 127.0.0.1 with IPv4`,
  ]);
  assert.equal(listeners[0]?.key, `127.0.0.1|${port}|tcp|ipv4`);
  closeListeners(listeners);
});

test("listen skips a port that is given twice", async () => {
  const port = `127.0.0.1:${await freePort()}`;
  const { listeners, lines } = await open([port, port]);
  assert.equal(listeners.length, 1);
  assert.ok(lines.some((line) => /^2 Duplicate configuration \(TCP\) on .* - skipping$/.test(line)));
  closeListeners(listeners);
});

test("listen gives the last host, protocol and version to all ports that follow", async () => {
  const { listeners } = await open(["0", "0", "0"], {
    config: { host: ["127.0.0.1", "127.0.0.2"], proto: ["tcp", "tcp", "udp"] },
  });
  assert.deepEqual(listeners.map(({ address: { hostname, transport } }) => `${hostname} ${transport}`), [
    "127.0.0.1 tcp",
    "127.0.0.2 tcp",
    "127.0.0.2 udp",
  ]);
  closeListeners(listeners);
});

test("listen on every address serves both families through one socket", { skip: noIPv6 }, async () => {
  const { listeners, lines } = await open(["0"]);
  assert.equal(listeners.length, 1);
  assert.equal(listeners[0]?.address.hostname, "::");
  assert.ok(lines.includes("2 Resolved [*]:0 to [::]:0, IPv6"));
  assert.ok(await connects("127.0.0.1", portOf(listeners[0])));
  assert.ok(await connects("::1", portOf(listeners[0])));
  closeListeners(listeners);
});

test("listen with one version leaves the other alone", { skip: noIPv6 }, async () => {
  for (const [ipv, other] of [["6", ownLoopback], ["4", "::1"]] as const) {
    const { listeners } = await open(["0"], { config: { ipv: [ipv] } });
    assert.equal(await connects(other, portOf(listeners[0])), false);
    closeListeners(listeners);
  }
});

test("listen gives one number to all addresses of port 0", { skip: noIPv6 }, async () => {
  for (const [port, proto] of [["both:0", "tcp"], ["0/IPv4/IPv6", "tcp"], ["both:0", "udp"]] as const) {
    const { listeners, lines } = await open([port], { machine: both, config: { proto: [proto] } });
    assert.equal(listeners.length, 2);
    assert.equal(portOf(listeners[0]), portOf(listeners[1]));
    assert.notEqual(portOf(listeners[0]), 0);
    assert.ok(
      lines.some((line) => /^2 Determining auto-assigned port \(0\) for host .* \(prebind\)$/.test(line)),
    );
    closeListeners(listeners);
  }
});

test("listen gives an address that is new the number that the others kept", { skip: noIPv6 }, async () => {
  const first = await open(["both:0"], { machine: both });
  const [kept, gone] = first.listeners as [Listener, Listener];
  closeListeners([gone]);
  const again = await open(["both:0"], { machine: both, inherited: [{ fd: kept.fd, key: kept.key }] });
  assert.deepEqual(again.listeners.map(({ address }) => address.port), [
    kept.address.port,
    kept.address.port,
  ]);
  closeListeners(again.listeners);
});

test("listen takes up inherited sockets by what was asked for, and closes those that nobody wants", async () => {
  const first = await open(["127.0.0.1:0", "127.0.0.2:0"]);
  const inherited = first.listeners.map(({ fd, key }) => ({ fd, key }));
  for (const { fd } of inherited) keepOnExec(fd);
  const again = await open(["127.0.0.2:0", "127.0.0.3:0"], { inherited });
  assert.equal(again.listeners[0]?.fd, first.listeners[1]?.fd);
  assert.deepEqual(again.listeners[0]?.address, first.listeners[1]?.address);
  assert.deepEqual(again.unmapped, [inherited[0]]);
  assert.equal(socketKind(inherited[0]?.fd as number), undefined, "it is closed");
  const { fd, address } = again.listeners[0] as Listener;
  assert.ok(again.lines.includes(
    `4 Reassociating file descriptor ${fd} with TCP on [127.0.0.2]:${address.port}, using IPv4`,
  ));
  assert.ok(again.lines.includes("2 Added new port configuration"));
  assert.ok(again.lines.includes(
    `2 Closing un-mapped port (127.0.0.1|0|tcp|ipv4) on fd ${inherited[0]?.fd}`,
  ));
  if (!noProc) assert.equal(flags(fd) & (CLOEXEC | NONBLOCK), CLOEXEC | NONBLOCK);
  closeListeners(again.listeners);
});

test(
  "listen says which port of which source is taken, and leaves nothing open",
  { skip: noProc },
  async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const path = join(folder, "undone.sock");
    const kept = await open(["127.0.0.1:0"]);
    const inherited = kept.listeners.map(({ fd, key }) => ({ fd, key }));
    const before = descriptors();
    const ports = ["127.0.0.1:0", "127.0.0.1:0", `${path}|unix`, `127.0.0.1:${port}`];
    await assert.rejects(open(ports, { inherited }), (error: unknown) => {
      assert.ok(error instanceof BindError);
      assert.equal(error.exitCode, 69);
      assert.equal(
        error.message,
        `conf:4: Cannot bind 127.0.0.1:${port} (port "127.0.0.1:${port}"): address already in use ` +
          "(EADDRINUSE); stop the other server or choose another port",
      );
      return true;
    });
    assert.equal(descriptors(), before);
    assert.equal(existsSync(path), false);
    assert.equal(socketKind(inherited[0]?.fd as number), "stream", "what is inherited stays open");
    closeListeners(kept.listeners);
    await new Promise((resolve) => taken.close(resolve));
  },
);

test("listen refuses a host that does not resolve, and a port that is none", async () => {
  await assert.rejects(open(["127.0.0.1:0", "no-such-host.invalid:80"]), (error: unknown) => {
    assert.ok(error instanceof BindError);
    assert.equal(error.exitCode, 69);
    assert.match(
      error.message,
      /^conf:2: Cannot bind port "no-such-host\.invalid:80": .* cannot be resolved/,
    );
    return true;
  });
  await assert.rejects(open(["no-such-host.invalid:80", "70000"]), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.exitCode, 78);
    assert.equal(error.option, "port");
    assert.match(error.message, /^conf:2: Cannot bind port "70000": 70000 is above 65535/);
    return true;
  });
});

test("listen binds an address of another machine with EADDRNOTAVAIL", async () => {
  await assert.rejects(open(["198.51.100.77:0"]), /EADDRNOTAVAIL\); give an address of this machine$/);
});

test("listen serves a unix socket with its mode, and its file goes with it", async () => {
  const path = join(folder, "s.sock");
  const { listeners, lines } = await open([`${path}|unix`], { socketFile: { mode: 0o660 } });
  assert.deepEqual(listeners[0]?.address, { transport: "unix", hostname: "", port: 0, path });
  assert.equal(listeners[0]?.key, `*|${path}|unix|ipv*`);
  assert.deepEqual(lines, [`2 Binding to UNIX socket file "${path}"`]);
  assert.equal(lstatSync(path).mode & 0o777, 0o660);
  await new Promise<void>((resolve, reject) => {
    const client = createConnection(path).on("error", reject).on("connect", () => {
      client.destroy();
      resolve();
    });
  });
  await assert.rejects(open([`${path}|unix`]), /conf:1: Cannot bind .*s\.sock.*EADDRINUSE.*another server/);
  assert.ok(existsSync(path));
  const again = await open([{ port: path, proto: "unix" }], {
    inherited: listeners,
  });
  assert.equal(again.listeners[0]?.fd, listeners[0]?.fd);
  closeListeners(again.listeners);
  assert.equal(existsSync(path), false);
});

test("listen takes the place of a unix socket that nobody serves, and not of a file", async () => {
  const path = join(folder, "again.sock");
  const first = await open([`${path}|unix`]);
  closeListeners(first.listeners.map(({ fd }) => ({ fd })));
  assert.ok(existsSync(path));
  closeListeners((await open([`${path}|unix`])).listeners);
  writeFileSync(path, "precious");
  await assert.rejects(open([`${path}|unix`]), BindError);
  assert.equal(readFileSync(path, "utf8"), "precious");
  await assert.rejects(open([join(folder, "no/such.sock|unix")]), /ENOENT\); create its folder/);
  await assert.rejects(open([`/${"x".repeat(200)}.sock|unix`]), /has 206 bytes, .* at most 10\d/);
});

test("listen receives datagrams over IPv4, IPv6 and unix sockets, and answers", async () => {
  const paths = [join(folder, "server.sock"), join(folder, "client.sock")];
  const pairs = [
    ["127.0.0.1:0/udp", "127.0.0.1:0/udp"],
    [`${paths[0]}|unixdgram`, `${paths[1]}|unixdgram`],
    ...(noIPv6 ? [] : [["[::1]:0/udp", "[::1]:0/udp"]]),
  ];
  for (const pair of pairs) {
    const { listeners } = await open(pair, { config: { udpBroadcast: true } });
    const [server, client] = listeners as [Listener, Listener];
    const bytes = new Uint8Array(100);
    assert.equal(sendTo(client.fd, new TextEncoder().encode("ask"), server.address), true);
    assert.ok(pollHere(server.fd, POLLIN, 1000));
    const asked = receiveFrom(server.fd, bytes);
    assert.equal(asked?.length, 3);
    assert.equal(asked?.peer.port, client.address.port);
    assert.equal(asked?.peer.path, client.address.path);
    assert.equal(sendTo(server.fd, new TextEncoder().encode("answer"), asked?.peerName as Uint8Array), true);
    assert.ok(pollHere(client.fd, POLLIN, 1000));
    assert.equal(receiveFrom(client.fd, bytes)?.length, 6);
    assert.equal(new TextDecoder().decode(bytes.subarray(0, 6)), "answer");
    if (!noProc) assert.equal(flags(server.fd) & (CLOEXEC | NONBLOCK), CLOEXEC | NONBLOCK);
    closeListeners(listeners);
  }
});

test("listen refuses a UDP port that another server has", async () => {
  const first = await open(["127.0.0.1:0/udp"]);
  await assert.rejects(open([`127.0.0.1:${portOf(first.listeners[0])}/udp`]), /EADDRINUSE/);
  closeListeners(first.listeners);
});

test("listen queues as many clients as it is told", { skip: noProc }, async () => {
  // Linux takes one more than the backlog, and leaves a client beyond it without an answer for a second (tcp(7)).
  const { listeners } = await open(["127.0.0.1:0"], { config: { listen: 1 } });
  const port = portOf(listeners[0]);
  assert.deepEqual(await Promise.all([connects("127.0.0.1", port), connects("127.0.0.1", port)]), [
    true,
    true,
  ]);
  const third = createConnection({ host: "127.0.0.1", port });
  const answered = new Promise((resolve) => third.on("connect", () => resolve("answered")));
  third.on("error", () => {});
  assert.equal(await Promise.race([answered, pass(200)]), undefined);
  third.destroy();
  closeListeners(listeners);
});
