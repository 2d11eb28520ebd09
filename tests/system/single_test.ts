import assert from "node:assert/strict";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { noPersonality, perlHooks } from "../support/perl_hooks.ts";
import {
  Client,
  example,
  exchange,
  fixture,
  hear,
  signal,
  type TestServer,
  withServer,
} from "../support/server.ts";
import { until } from "../support/until.ts";

const SINGLE = ["--server_type", "Single", "--log_level", "4"];
const PATIENT = { handler: fixture("patient.ts") };
const EVERY_HOOK = { handler: example("every_hook.ts"), log: "trail" };

/** The hooks in their order. */
function hooks(server: TestServer): string[] {
  return server.trail.map(({ hook }) => hook);
}

async function untilHook(server: TestServer, hook: string): Promise<void> {
  await until(() => hooks(server).includes(hook), `the hook ${hook}`);
}

/** Runs `body` with a client that was greeted. */
async function withClient(server: TestServer, body: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(server.port);
  try {
    assert.match(await client.line(), new RegExp(`^hello ${server.pid} parent \\d+$`));
    await body(client);
  } finally {
    client.close();
  }
}

for (const denied of [false, true]) {
  const whom = denied ? "a client that is denied" : "a client";
  test(
    `Single calls the hooks of Net::Server::Single in their order for ${whom}`,
    { timeout, skip: noPersonality("Single") },
    async () => {
      const env: Record<string, string> = denied ? { DENY: "1" } : {};
      const answer = denied ? "Not you.\r\n" : "Hello.\r\n";
      const expected = await perlHooks("Single", env, async ({ port, trail }) => {
        assert.equal(await hear(port), answer);
        await until(() => trail().includes("postClientConnection"), "the last hook for the client");
      });
      assert.ok(expected.includes(denied ? "requestDenied" : "processRequest"), "Perl noted its hooks");
      await withServer(SINGLE, { ...EVERY_HOOK, env }, async (server) => {
        assert.equal(await hear(server.port), answer);
        await untilHook(server, "postClientConnection");
        await server.stop();
        assert.deepEqual(hooks(server), expected);
        assert.deepEqual(
          new Set(server.trail.map(({ pid, role }) => `${role} ${pid}`)),
          new Set([`parent ${server.pid}`]),
        );
      });
    },
  );
}

test("Single has no child, and serves a second client once the first has left", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (first) => {
      const second = new Client(server.port);
      let heard = false;
      const answer = second.line().then((line) => {
        heard = true;
        return line;
      });
      await server.untilCalm();
      assert.equal(heard, false, "the second client was served beside the first");
      first.say("x");
      assert.equal(await first.line(), "bye x");
      assert.match(await answer, new RegExp(`^hello ${server.pid} parent 2$`));
      second.close();
    });
    assert.deepEqual(server.children(), []);
    assert.match(server.text, /Listening on .* \(Single, one client at a time,/);
  });
});

test("Single serves the echo without a handler, in the process itself", { timeout }, async () => {
  await withServer(SINGLE, {}, async (server) => {
    for (let i = 0; i < 3; i++) assert.equal(await exchange(server.port), server.pid);
  });
});

test("Single takes clients of several ports", { timeout }, async () => {
  await withServer(SINGLE, { ports: 2 }, async (server) => {
    for (const port of [...server.ports, ...server.ports]) assert.equal(await exchange(port), server.pid);
  });
});

test("an idle Single sleeps without waking up", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, (client) => Promise.resolve(client.say("x")));
    await server.says(/CONNECT/);
    await server.untilAtRest();
  });
});

for (const name of ["SIGTERM", "SIGINT"] as const) {
  test(
    `${name} ends Single at once: its client sees the end, and gets no more hooks`,
    { timeout },
    async () => {
      const options = { ...EVERY_HOOK, env: { STAY: "1" } };
      await withServer(SINGLE, options, async (server) => {
        const client = new Client(server.port);
        assert.equal(await client.line(), "Hello.");
        signal(server.pid, name);
        assert.equal(await client.rest(), "");
        await server.stop();
        assert.deepEqual(hooks(server).slice(-3), ["processRequest", "preServerClose", "postChildCleanup"]);
      });
    },
  );
}

test("SIGQUIT lets Single finish its client, and a second signal does not wait", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (client) => {
      signal(server.pid, "SIGQUIT");
      await server.says(/Attempting a slow shutdown/);
      await until(() => server.file("trail").includes("aborted"), "the handler's notice");
      client.say("y");
      assert.equal(await client.line(), "bye y");
    });
    await server.stop();
  });
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (client) => {
      signal(server.pid, "SIGQUIT");
      await server.says(/Attempting a slow shutdown/);
      let heard: string | undefined;
      const rest = client.rest().then((text) => heard = text);
      await until(() => {
        // Those that come at once are taken for the first, sent twice.
        signal(server.pid, "SIGQUIT");
        return heard !== undefined;
      }, "the end of the client");
      assert.equal(await rest, "");
    });
    await server.stop();
  });
});

test("SIGHUP restarts Single in place once its client has left", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (client) => {
      signal(server.pid, "SIGHUP");
      await server.says(/Reloading/);
      // It comes to the socket that the restart keeps.
      const next = new Client(server.port);
      client.say("z");
      assert.equal(await client.line(), "bye z");
      assert.equal(await next.line(), `hello ${server.pid} parent 1`);
      next.close();
    });
    await server.says(/Re-exec server during HUP/);
    const counts: number[] = [];
    for (let i = 3; i < 6; i++) {
      signal(server.pid, "SIGHUP");
      await server.says(/Listening on/, { times: i });
      counts.push(server.descriptors());
    }
    assert.ok(counts[2] as number <= (counts[0] as number), `a restart keeps descriptors open: ${counts}`);
  });
});

test("a client that does not leave is cut off by a restart after stop_timeout", { timeout }, async () => {
  await withServer([...SINGLE, "--stop_timeout", "0.2"], PATIENT, async (server) => {
    await withClient(server, async (client) => {
      signal(server.pid, "SIGHUP");
      assert.equal(await client.rest(), "");
    });
    await server.says(/The present client is cut off/);
    await withClient(server, (client) => Promise.resolve(client.say("x")));
  });
});

test("SIGTERM during a restart stops Single", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (client) => {
      signal(server.pid, "SIGHUP");
      await server.says(/Reloading: clients are finished first/);
      signal(server.pid, "SIGTERM");
      assert.equal(await client.rest(), "");
    });
    await server.stop();
    assert.equal(server.count(/Re-exec/), 0);
  });
});

test("SIGUSR1 opens the log of Single again, and SIGTTIN and SIGTTOU say that there are no children", {
  timeout,
}, async () => {
  await withServer([...SINGLE, "--log_file", "FOLDER/log"], { ...PATIENT, log: "log" }, async (server) => {
    const { renameSync } = await import("node:fs");
    renameSync(`${server.folder}/log`, `${server.folder}/old`);
    await withClient(server, async (client) => {
      signal(server.pid, "SIGUSR1");
      await until(
        () => {
          signal(server.pid, "SIGTTIN");
          // The first may be told in the old log.
          return /Cannot change/.test(server.file("log"));
        },
        "the new log",
      );
      signal(server.pid, "SIGTTOU");
      await server.says(/Cannot change the number of children: Single has none/, { times: 2 });
      client.say("x");
      assert.equal(await client.line(), "bye x");
    });
  });
});

test("a handler that says done ends Single after its client", { timeout }, async () => {
  await withServer(SINGLE, PATIENT, async (server) => {
    await withClient(server, async (client) => {
      client.say("done");
      assert.equal(await client.line(), "bye done");
    });
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  });
});

test("a handler that throws ends Single with status 1, and is named", { timeout }, async () => {
  await withServer(SINGLE, { ...PATIENT, code: 1 }, async (server) => {
    await withClient(server, async (client) => {
      client.say("throw");
      assert.equal(await client.rest(), "");
    });
    await server.end();
    assert.match(server.text, /The handler threw Error: on purpose/);
    assert.match(server.text, /Server closing!/);
  });
});

for (const hook of ["postAccept", "allowDeny", "postClientConnection"]) {
  test(`a ${hook} that throws ends Single with status 1, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook }, code: 1 };
    await withServer(SINGLE, options, async (server) => {
      await hear(server.port);
      await server.end();
      assert.match(server.text, new RegExp(`The hook ${hook} threw Error: on purpose`));
    });
  });
}

test("an option that needs children is said to be ignored in Single", { timeout }, async () => {
  await withServer([...SINGLE, "--max_servers", "3"], PATIENT, async (server) => {
    await server.says(/Listening on/);
    assert.match(server.text, /max_servers is ignored: the personality Single does not take it/);
  });
});

test("Single serves datagrams and connections in turn", { timeout }, async () => {
  await withServer([...SINGLE, "--port", "127.0.0.1:0/udp"], { ports: 2 }, async (server) => {
    const [tcp = 0, , udp = 0] = await server.boundPorts(3);
    const sender = new UdpClient(udp);
    for (let i = 0; i < 3; i++) {
      assert.equal(await sender.ask(`hello ${i}`), `You said "hello ${i}"`);
      assert.equal(await exchange(tcp), server.pid);
    }
    sender.close();
  });
});

test("the rules on clients hold in Single", { timeout }, async () => {
  await withServer([...SINGLE, "--deny", "127\\.0\\.0\\.1", "--allow", ".*"], PATIENT, async (server) => {
    assert.equal(await hear(server.port), "");
    assert.match(server.text, /DENY .*127\.0\.0\.1/);
  });
});

test("HUP after HUP, whatever the one before has come to, reloads in the end", { timeout }, async () => {
  await withServer(["--log_level", "4"], { personality: "Single" }, async (server) => {
    await server.says(/Listening on/);
    await until(() => {
      signal(server.pid, "SIGHUP");
      return server.count(/Re-exec server during HUP/) >= 4;
    }, () => server.text);
    await exchange(server.port);
  });
});
