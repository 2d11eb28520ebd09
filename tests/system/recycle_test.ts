import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, onBun, withServer } from "../support/server.ts";

/** Serves `total` clients, `atOnce` of them at a time, and returns the process id that served each. */
async function serveMany(port: number, total: number, atOnce: number): Promise<number[]> {
  const served: number[] = [];
  let begun = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (begun < total) {
      begun++;
      served.push(await exchange(port));
    }
  }));
  return served;
}

test("with max_requests 1 every client is served by a process of its own", { timeout }, async () => {
  const total = onBun ? 400 : 120;
  const args = ["--max_servers", "4", "--max_requests", "1"];
  await withServer(args, {}, async (server) => {
    const descriptors = server.descriptors();
    const served = await serveMany(server.port, total, 8);
    assert.equal(served.length, total);
    assert.equal(new Set(served).size, total);
    // A helper thread that the runtime may start meanwhile has a few of its own, once; a leak would be one a child.
    assert.ok(
      server.descriptors() <= descriptors + 10,
      `${descriptors}, then ${server.descriptors()} descriptors`,
    );
  });
});

test("with max_requests 50 every client is served, and no process serves more", { timeout }, async () => {
  const total = 2000;
  await withServer(["--max_servers", "3", "--max_requests", "50", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(3);
    const served = await serveMany(server.port, total, 8);
    assert.equal(served.length, total);
    const counts = new Map<number, number>();
    for (const pid of served) counts.set(pid, (counts.get(pid) ?? 0) + 1);
    assert.deepEqual([...counts].filter(([, count]) => count > 50), []);
    assert.ok(counts.size >= total / 50, `${counts.size} processes`);
    assert.ok(server.count(/Child leaving \(50\)/) >= total / 50 - 3);
  });
});
