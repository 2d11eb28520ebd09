import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { BindError, ConfigError, type Place } from "../../lib/errors.ts";
import { thisMachine } from "../../lib/listen/machine.ts";
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
