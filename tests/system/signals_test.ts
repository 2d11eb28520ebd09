import assert from "node:assert/strict";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** Waits until `n` children that are not among `old` are at work. */
async function untilNew(server: TestServer, n: number, old: readonly number[]): Promise<number[]> {
  return await until(
    () => {
      const fresh = server.settled().filter((pid) => !old.includes(pid));
      return fresh.length === n ? fresh : undefined;
    },
    15_000,
    () => `${n} new children; there are ${server.children()}, before ${old}`,
  ) as number[];
}

test("TTIN starts one child more, TTOU ends one that waits", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    signal(server.pid, "SIGTTIN");
    await server.untilReady(3);
    signal(server.pid, "SIGTTIN");
    await server.says(/Increasing max server count \(4\)/);
    await server.untilReady(4);
    const clients = [new Client(server.port), new Client(server.port)];
    const busy = await Promise.all(clients.map((client) => client.welcome()));
    for (const n of [3, 2]) {
      signal(server.pid, "SIGTTOU");
      await server.says(new RegExp(`Decreasing max server count \\(${n}\\)`));
      await server.untilReady(n);
    }
    assert.deepEqual(
      server.children().toSorted(),
      busy.toSorted(),
      "a busy child was ended while others waited",
    );
    await Promise.all(clients.map((client) => client.quit()));
  });
});

test("TTOU with every child busy lets one leave after its client", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    const clients = [new Client(server.port), new Client(server.port)];
    const pids = await Promise.all(clients.map((client) => client.welcome()));
    signal(server.pid, "SIGTTOU");
    await server.says(/Kill HUP pid/);
    for (const [i, client] of clients.entries()) {
      await client.ask("still here", pids[i] as number);
      await client.quit();
    }
    await server.untilReady(1);
    await exchange(server.port);
  });
});

test("QUIT lets each child finish its client, then the server ends", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(3);
    const client = new Client(server.port);
    const pid = await client.welcome();
    signal(server.pid, "SIGQUIT");
    await server.says(/Attempting a slow shutdown/);
    await until(() => server.children().length === 1, 5000, "the end of the children that wait");
    assert.equal(server.ended, undefined);
    await client.ask("hello", pid);
    await client.ask("once more", pid);
    await client.quit();
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  });
});

test("a TERM after QUIT ends the wait", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    const client = new Client(server.port);
    await client.welcome();
    signal(server.pid, "SIGQUIT");
    await server.says(/Attempting a slow shutdown/);
    await until(() => server.children().length === 1, 5000, "the end of the child that waits");
    await server.stop();
    client.close();
  });
});

test("INT stops the server as TERM does, with a client at a busy child", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(2);
    const client = new Client(server.port);
    await client.welcome();
    await server.stop({ name: "SIGINT" });
    client.close();
  });
});

test("three HUPs under load: nobody is refused or reset, and all children are new", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], {}, async (server) => {
    let children = await server.untilReady(3);
    const failures: unknown[] = [];
    let served = 0;
    let over = false;
    const clients = Array.from({ length: 8 }, async () => {
      while (!over) {
        try {
          await exchange(server.port);
          served++;
        } catch (error) {
          failures.push(error);
        }
      }
    });
    // A helper thread that the runtime may start on a busy machine has a few of its own; three restarts would leak more.
    const HELPER = 2;
    let descriptors = Infinity;
    for (let restart = 1; restart <= 3; restart++) {
      signal(server.pid, "SIGHUP");
      await server.says(/Re-exec server during HUP/, { times: restart });
      const old = children;
      children = await untilNew(server, 3, old);
      // The new ones may have been replaced meanwhile, each after a thousand clients.
      await until(
        () => server.children().every((pid) => !old.includes(pid)),
        () => `the end of the old children ${old}, of ${server.children()}`,
      );
      // Some are open for a moment, while the program loads its modules.
      await until(
        () => server.descriptors() <= descriptors + HELPER,
        10_000,
        () => `no more descriptors than before: ${server.descriptors()}, ${descriptors}`,
      );
      descriptors = Math.min(descriptors, server.descriptors());
    }
    const before = served;
    await until(() => served > before + 20, 10_000, "clients after the restarts");
    over = true;
    await Promise.all(clients);
    assert.deepEqual(failures, []);
    assert.equal(server.ended, undefined);
    assert.equal(server.count(new RegExp(`starting! pid\\(${server.pid}\\)`)), 4);
  });
});

test("a HUP lets a busy child finish its client after the restart", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
    const old = await server.untilReady(2);
    const client = new Client(server.port);
    const pid = await client.welcome();
    signal(server.pid, "SIGHUP");
    const fresh = await untilNew(server, 2, old);
    await server.says(/Reloaded in/);
    await until(() => server.children().length === 3, 10_000, "the end of the child that waits");
    await client.ask("hello", pid);
    assert.ok(fresh.includes(await exchange(server.port)));
    await client.quit();
    await until(() => !server.children().includes(pid), 10_000, "the end of the old child");
  });
});

test("with leave_children_open_on_hup a busy child finishes under the new parent", { timeout }, async () => {
  const args = ["--max_servers", "2", "--log_level", "4", "--leave_children_open_on_hup", "1"];
  await withServer(args, {}, async (server) => {
    const old = await server.untilReady(2);
    const client = new Client(server.port);
    const pid = await client.welcome();
    signal(server.pid, "SIGHUP");
    const fresh = await untilNew(server, 2, old);
    await server.says(/Reloaded in/);
    assert.ok(server.children().includes(pid), "the busy child ended");
    assert.ok(fresh.includes(await exchange(server.port)));
    await client.ask("hello", pid);
    await client.quit();
    await until(() => !server.children().includes(pid), 10_000, "the end of the old child");
    await server.untilReady(2);
  });
});

test("USR1 opens the log file again, in the parent and in the children", { timeout }, async () => {
  const args = ["--max_servers", "2", "--log_level", "4", "--log_file", "FOLDER/log"];
  await withServer(args, { log: "log" }, async (server) => {
    await server.untilReady(2);
    renameSync(join(server.folder, "log"), join(server.folder, "log.1"));
    signal(server.pid, "SIGUSR1");
    await until(() => existsSync(join(server.folder, "log")), 5000, "a new log file");
    await until(
      async () => {
        await exchange(server.port);
        return /CONNECT TCP/.test(server.file("log"));
      },
      5000,
      "a child's line in the new file",
    );
    signal(server.pid, "SIGTTIN");
    await until(() => /Increasing max server count/.test(server.file("log")), 5000, "the parent's line");
    const old = server.file("log.1");
    await exchange(server.port);
    assert.equal(server.file("log.1"), old);
  });
});

test(
  "children end by themselves when the parent is killed, after the client that they serve",
  { timeout },
  async () => {
    await withServer(["--max_servers", "3", "--log_level", "4"], { killed: true }, async (server) => {
      await server.untilReady(3);
      const client = new Client(server.port);
      const pid = await client.welcome();
      signal(server.pid, "SIGKILL");
      await until(() => server.remains().length === 1, 5000, () => `left: ${server.remains()}`);
      assert.deepEqual(server.remains(), [pid]);
      await client.ask("hello", pid);
      await client.quit();
      await until(() => server.remains().length === 0, 5000, () => `left: ${server.remains()}`);
      await server.says(/Parent process gone away\. Shutting down/, { times: 3 });
    });
  },
);

for (const name of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const) {
  test(`${name} to a child ends it, and it is replaced`, { timeout }, async () => {
    await withServer(["--max_servers", "2", "--log_level", "4"], {}, async (server) => {
      const [victim = 0] = await server.untilReady(2);
      signal(victim, name);
      await server.says(new RegExp(`Child ${victim} ended with status 0 after 0 clients`));
      await server.untilReady(2);
      await exchange(server.port);
    });
  });
}

test("HUP to a busy child lets it finish its client", { timeout }, async () => {
  await withServer(["--max_servers", "1", "--log_level", "4"], {}, async (server) => {
    await server.untilReady(1);
    const client = new Client(server.port);
    const pid = await client.welcome();
    signal(pid, "SIGHUP");
    await client.ask("hello", pid);
    await client.quit();
    await until(() => !server.children().includes(pid), 5000, "the end of the child");
    await server.untilReady(1);
    assert.notEqual(await exchange(server.port), pid);
  });
});

test("sig_passthrough hands a signal on to every child", { timeout }, async () => {
  const args = ["--max_servers", "3", "--log_level", "4", "--sig_passthrough", "USR2"];
  await withServer(args, { handler: fixture("passthrough.ts") }, async (server) => {
    const ready = await server.untilReady(3);
    await until(
      () => server.trail.filter(({ hook }) => hook === "childInit").length === 3,
      5000,
      "three childInit",
    );
    signal(server.pid, "SIGUSR2");
    const heard = () => server.trail.filter(({ hook }) => hook === "usr2").map(({ pid }) => pid);
    await until(() => heard().length === 3, 5000, () => `heard by ${heard()}`);
    assert.deepEqual(heard().toSorted(), ready.toSorted());
    await exchange(server.port);
    assert.deepEqual(server.children().toSorted(), ready.toSorted());
  });
});

test("a child that does not hear the stop is killed after stop_timeout", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--stop_timeout", "1", "--log_level", "4"], {}, async (server) => {
    const [deaf = 0] = await server.untilReady(2);
    signal(deaf, "SIGSTOP");
    await until(() => /^State:\tT/m.test(server.file(`/proc/${deaf}/status`)), "the child is stopped");
    await server.stop();
    assert.equal(server.count(new RegExp(`Child ${deaf} did not end within 1 s: sending SIGKILL\\n`)), 1);
  });
});

test(
  "a TERM that comes twice at once, as timeout(1) sends it, leaves children their time",
  { timeout },
  async () => {
    const options = { handler: fixture("slow_finish.ts") };
    await withServer(["--max_servers", "2", "--log_level", "4"], options, async (server) => {
      await server.untilReady(2);
      signal(server.pid, "SIGTERM");
      signal(server.pid, "SIGTERM");
      await server.stop({ code: 0 });
      assert.equal(server.count(/finished at leisure/), 2);
      assert.equal(server.count(/sending SIGKILL/), 0);
    });
  },
);
