import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { BindError, ConfigError, type Place } from "../../lib/errors.ts";
import { closeListeners, listen } from "../../lib/listen/listen.ts";
import { thisMachine } from "../../lib/listen/machine.ts";
import { openAdded } from "../../lib/listen/open_added.ts";
import { planPorts } from "../../lib/listen/plan.ts";

const machine = { ...thisMachine, canBindIPv6: () => true, isV6OnlyByDefault: () => false };

/** The addresses that are bound for these ports. */
async function plan(port: readonly string[]): Promise<readonly string[]> {
  const origins = new Map<string, Place[]>([["port", port.map((_, i) => ({ source: "conf", line: i + 1 }))]]);
  const config = { port, host: [], proto: [], ipv: [] };
  const groups = await planPorts({ config, origins, log: () => {} }, machine);
  return groups.flat().map(({ key }) => key);
}

const skip = process.platform === "linux" ? false : "Linux alone refuses such ports";

for (
  const [ports, message] of [
    [
      ["127.0.0.1:81", "0.0.0.0:81"],
      /^conf:2: Cannot bind 0\.0\.0\.0:81 \(port "0\.0\.0\.0:81"\): port "127\.0\.0\.1:81" \(conf:1\) is bound to 127\.0\.0\.1:81, and one of them includes the other; remove one$/,
    ],
    [["*:81", "127.0.0.1:81"], /^conf:2: Cannot bind 127\.0\.0\.1:81 .*port "\*:81" \(conf:1\)/],
    [["[::]:81", "[::1]:81"], /^conf:2: Cannot bind \[::1\]:81/],
    [["0.0.0.0:81/udp", "127.0.0.1:81/udp"], /^conf:2: Cannot bind 127\.0\.0\.1:81/],
    [
      ["127.0.0.1:81", "[::ffff:127.0.0.1]:81"],
      /port "127\.0\.0\.1:81" \(conf:1\) is bound to 127\.0\.0\.1:81, and both are the same address; remove one$/,
    ],
    [["0.0.0.0:81", "[::ffff:127.0.0.1]:81"], /and one of them includes the other; remove one$/],
    [
      ["/tmp/s|unix", "/tmp/s|unixdgram"],
      /^conf:2: Cannot bind \/tmp\/s .*and both are the same file; remove one$/,
    ],
    [["/tmp/s|unix", "/tmp/../tmp/s|unix"], /and both are the same file; remove one$/],
  ] as const
) {
  test(`${ports.join(" and ")} are refused before any is bound`, { skip }, async () => {
    await assert.rejects(plan(ports), (error: unknown) => {
      assert.ok(error instanceof BindError && !(error instanceof ConfigError));
      assert.match(error.message, message);
      return true;
    });
  });
}

for (
  const ports of [
    ["0.0.0.0:81", "0.0.0.0:82"],
    ["0.0.0.0:81", "127.0.0.1:81/udp"],
    ["127.0.0.1:81", "127.0.0.2:81"],
    ["0.0.0.0:81", "[::1]:81"],
    ["127.0.0.1:0", "0.0.0.0:0"],
  ]
) {
  test(`${ports.join(" and ")} are bound side by side`, async () => {
    assert.equal((await plan(ports)).length, 2);
  });
}

test("two names of one folder are seen through", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tine-"));
  try {
    symlinkSync(folder, join(folder, "again"));
    await assert.rejects(
      plan([`${folder}/s|unix`, `${folder}/again/s|unix`]),
      /and both are the same file; remove one$/,
    );
    assert.equal((await plan([`${folder}/s|unix`, `${folder}/again/t|unix`])).length, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("ports that are open side by side already stay so", { skip }, async () => {
  const options = (port: readonly string[]) => ({
    config: { port, host: [], proto: [], ipv: [] },
    origins: new Map<string, Place[]>([["port", []]]),
    log: () => {},
  });
  const { listeners: [one] } = await listen({ ...options(["127.0.0.1:0"]), inherited: [] });
  assert.ok(one);
  const { port } = one.address;
  const [both] = await openAdded(options([`0.0.0.0:${port}`]), [one]); // as if marked with SO_REUSEPORT
  assert.ok(both);
  try {
    const inherited = [{ fd: one.fd, key: `127.0.0.1|${port}|tcp|ipv4` }, both];
    const ports = [`127.0.0.1:${port}`, `0.0.0.0:${port}`];
    assert.deepEqual(
      await openAdded(options(ports), [{ ...one, key: inherited[0]?.key as string }, both]),
      [],
    );
    const { listeners } = await listen({ ...options(ports), inherited });
    assert.deepEqual(listeners.map(({ fd }) => fd), [one.fd, both.fd]);
  } finally {
    closeListeners([one, both]);
  }
});
