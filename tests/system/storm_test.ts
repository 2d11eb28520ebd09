import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, exchange, signal, withServer } from "../support/server.ts";
import { pass, until } from "../support/until.ts";

test("HUP storm: 30 HUPs 20 ms apart, clients served all along", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(3);
    let over = false;
    const failures: unknown[] = [];
    const cl = Array.from({ length: 4 }, async () => {
      while (!over) {
        try {
          await exchange(server.port);
        } catch (e) {
          failures.push(e);
        }
      }
    });
    for (let i = 0; i < 30; i++) {
      signal(server.pid, "SIGHUP");
      await pass(20 + Math.random() * 60);
      assert.equal(server.ended, undefined);
    }
    await pass(300);
    await server.untilReady(3);
    over = true;
    await Promise.all(cl);
    assert.deepEqual(failures, []);
  });
});
test("TTIN x5 TTOU x5 in a burst", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    for (let i = 0; i < 5; i++) {
      signal(server.pid, "SIGTTIN");
      // Signals do not queue: one that comes before the last was taken is the same.
      await server.says(new RegExp(`Increasing max server count \\(${3 + i}\\)`));
    }
    await server.untilReady(7);
    for (let i = 0; i < 5; i++) {
      signal(server.pid, "SIGTTOU");
      await server.says(new RegExp(`Decreasing max server count \\(${6 - i}\\)`));
    }
    await server.untilReady(2);
    await exchange(server.port);
  });
});
test("SIGKILL of a busy child with max_requests and standby successor", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--max_requests", "4", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    for (let i = 0; i < 40; i++) {
      const c = new Client(server.port);
      const pid = await c.welcome();
      if (i % 3 === 2) {
        signal(pid, "SIGKILL");
        c.close();
      } else await c.quit();
    }
    await until(() => server.children().length >= 2, 5000, "children");
    for (let i = 0; i < 20; i++) await exchange(server.port);
  });
});
test("after a mid-life standby kill, number is back", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--max_requests", "10", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 13; i++) await exchange(server.port);
      await pass(200);
      const kids = server.settled();
      const last = kids.at(-1)!;
      signal(last, "SIGKILL");
    }
    await pass(500);
    const n = server.children().length;
    assert.ok(n >= 2 && n <= 4, `children ${n}`);
    await exchange(server.port);
  });
});
for (const serialize of ["flock", "semaphore", "pipe"]) {
  test(
    `children that are told to leave under load with ${serialize}, clients served`,
    { timeout },
    async () => {
      await withServer(
        ["--max_servers", "4", "--serialize", serialize, "--log_level", "4"],
        { ports: 2 },
        async (server) => {
          await server.untilReady(4);
          let over = false;
          const failures: unknown[] = [];
          const cl = server.ports.flatMap((p) =>
            Array.from({ length: 3 }, async () => {
              while (!over) {
                try {
                  await exchange(p);
                } catch (e) {
                  failures.push(e);
                }
              }
            })
          );
          for (let i = 0; i < 20; i++) {
            const k = await until(() => server.settled()[0], 5000, "kid") as number;
            signal(k, "SIGHUP");
            await pass(40);
          }
          await server.untilReady(4);
          over = true;
          await Promise.all(cl);
          assert.deepEqual(failures, []);
        },
      );
    },
  );
  test(`three HUPs with two ports and ${serialize}, clients served on both`, { timeout }, async () => {
    await withServer(
      ["--max_servers", "2", "--serialize", serialize, "--log_level", "4"],
      { ports: 2 },
      async (server) => {
        let old = await server.untilReady(2);
        const [a, b] = server.ports;
        for (let i = 1; i <= 2; i++) {
          signal(server.pid, "SIGHUP");
          old = await until(
            () => {
              const f = server.settled().filter((p) => !old.includes(p));
              return f.length === 2 ? f : undefined;
            },
            5000,
            "new",
          ) as number[];
          await exchange(a!);
          await exchange(b!);
        }
      },
    );
  });
}
