import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, signal, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

test("a server keeps max_servers children, serves, and leaves nothing behind", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], {}, async (server) => {
    const ready = await server.untilReady(3);
    const served = await Promise.all(Array.from({ length: 12 }, () => exchange(server.port)));
    assert.deepEqual(served.filter((pid) => !ready.includes(pid)), []);
    assert.deepEqual(server.children().toSorted(), ready.toSorted());
  });
});

test("a child that is killed is replaced at once", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    const [victim = 0] = await server.untilReady(2);
    assert.ok(signal(victim, "SIGKILL"));
    // check_for_dead comes after 30 seconds only.
    await until(() => server.children().filter((pid) => pid !== victim).length === 2, "a new child");
    await server.says(/was killed by SIGKILL \(out of memory\?\) after 0 clients/);
    await server.untilReady(2);
  });
});

test("a storm of SIGKILL costs no client but those of the killed children", { timeout }, async () => {
  await withServer(["--max_servers", "6", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(6);
    const descriptors = server.descriptors();
    const killed = new Set<number>();
    const failures: { pid: number | undefined; error: Error }[] = [];
    let served = 0;
    let over = false;
    const client = async () => {
      while (!over) {
        let pid: number | undefined;
        try {
          await exchange(server.port, (seen) => pid = seen);
          served++;
        } catch (error) {
          failures.push({ pid, error: error as Error });
        }
      }
    };
    const clients = Array.from({ length: 16 }, client);
    while (killed.size < 30) {
      const alive = await until(
        () => {
          const ready = server.settled().filter((pid) => !killed.has(pid));
          return ready.length > 0 ? ready : undefined;
        },
        "a child to kill",
      ) as number[];
      const victim = alive[Math.floor(Math.random() * alive.length)] as number;
      if (signal(victim, "SIGKILL")) killed.add(victim);
      await until(() => !server.children().includes(victim), "the end of the child");
    }
    await server.untilReady(6);
    over = true;
    await Promise.all(clients);
    const others = failures.filter(({ pid }) => pid !== undefined && !killed.has(pid));
    assert.deepEqual(others, [], "clients of children that were not killed failed");
    assert.ok(failures.length <= killed.size, `${failures.length} failures by ${killed.size} kills`);
    assert.deepEqual(failures.filter(({ error }) => /REFUSED/.test(error.message)), []);
    assert.ok(served > 30, `only ${served} clients were served`);
    // A helper thread of the runtime's has two, once it is there; what a child printed by is closed a turn later.
    await until(() => server.descriptors() <= descriptors + 2, "the parent lost descriptors");
  });
});
