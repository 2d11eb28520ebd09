import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import type { Place } from "../../lib/errors.ts";
import { BindError } from "../../lib/errors.ts";
import { listen, type Listener } from "../../lib/listen/listen.ts";
import { servicePort } from "../../lib/listen/resolve.ts";
import { closeFd } from "../../lib/os/descriptor.ts";

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

async function open(ports: readonly string[], inherited: { fd: number; key: string }[] = []) {
  const lines: string[] = [];
  const origins = new Map<string, Place[]>([[
    "port",
    ports.map((_, i) => ({ source: "conf", line: i + 1 })),
  ]]);
  const result = await listen({
    config: { port: ports, host: [], proto: [], ipv: [] },
    origins,
    inherited,
    log: (_, message) => lines.push(message),
  });
  return { ...result, lines };
}

function close(listeners: readonly Listener[]): void {
  for (const { fd } of listeners) closeFd(fd);
}

test("listen binds several ports and tells their numbers", async () => {
  const { listeners, lines } = await open(["127.0.0.1:0", "127.0.0.1:0"]);
  assert.equal(listeners.length, 2);
  for (const { address } of listeners) {
    assert.ok(lines.includes(`  Bound to auto-assigned port ${address.port}`));
  }
  close(listeners);
});

test("listen skips a port that is given twice", async () => {
  const probe = await open(["127.0.0.1:0"]);
  const port = `127.0.0.1:${probe.listeners[0]?.address.port}`;
  close(probe.listeners);
  const { listeners, lines } = await open([port, port]);
  assert.equal(listeners.length, 1);
  assert.ok(lines.some((line) => line.startsWith("Duplicate configuration")));
  close(listeners);
});

test("listen takes up inherited sockets by what was asked for, and closes those that nobody wants", async () => {
  const first = await open(["127.0.0.1:0", "127.0.0.2:0"]);
  const before = descriptors();
  const again = await open(["127.0.0.2:0"], first.listeners.map(({ fd, key }) => ({ fd, key })));
  assert.equal(again.listeners[0]?.fd, first.listeners[1]?.fd);
  assert.deepEqual(again.listeners[0]?.address, first.listeners[1]?.address);
  assert.equal(again.unmapped.length, 1);
  assert.equal(descriptors(), before - 1);
  close(again.listeners);
});

test("listen says which port of which source is taken, and leaves nothing open", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const before = descriptors();
  await assert.rejects(open(["127.0.0.1:0", `127.0.0.1:${port}`]), (error: unknown) => {
    assert.ok(error instanceof BindError);
    assert.equal(error.exitCode, 69);
    assert.match(
      error.message,
      /^conf:2: Cannot bind 127\.0\.0\.1:\d+ \(port "127\.0\.0\.1:\d+"\): address already in use/,
    );
    return true;
  });
  assert.equal(descriptors(), before);
  await new Promise((resolve) => taken.close(resolve));
});

test("listen refuses a host that does not resolve", async () => {
  await assert.rejects(open(["no-such-host.invalid:80"]), /conf:1: Cannot bind port .* cannot be resolved/);
});

test("servicePort reads names, aliases and protocols", () => {
  const services = "# comment\nhttp 80/tcp www # web\ndomain 53/udp\ndomain 53/tcp\n";
  assert.equal(servicePort("http", "tcp", services), 80);
  assert.equal(servicePort("www", "tcp", services), 80);
  assert.equal(servicePort("http", "udp", services), undefined);
  assert.equal(servicePort("domain", "udp", services), 53);
});
