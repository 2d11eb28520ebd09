import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { example, fixture, hear, signal, TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const EVERY_HOOK = { handler: example("every_hook.ts"), log: "trail" };

/** The hooks of one process in their order, with details, without those named. */
function life(server: TestServer, pid: number, without: readonly string[] = ["idleLoop"]): string[] {
  return server.trail.filter((entry) => entry.pid === pid && !without.includes(entry.hook))
    .map(({ role, hook, detail }) => `${role} ${hook} ${detail}`.trimEnd());
}

async function untilHook(server: TestServer, hook: string, times = 1): Promise<number[]> {
  const pids = () => server.trail.filter((entry) => entry.hook === hook).map(({ pid }) => pid);
  await until(() => pids().length >= times, `${times} × ${hook}`);
  return pids();
}

test("every hook is called in its process and in its order", { timeout }, async () => {
  await withServer(["--max_servers", "1", "--log_level", "3"], EVERY_HOOK, async (server) => {
    const [child = 0] = await untilHook(server, "childInit");
    assert.equal(await hear(server.port), "Hello.\r\n");
    await untilHook(server, "postClientConnection");
    await server.stop();
    assert.deepEqual(life(server, server.pid), [
      "parent configure",
      "parent postConfigure 1",
      "parent postBind 1",
      "parent preLoop",
      "parent runNChildren",
      "parent preFork server",
      "parent preServerClose",
      "parent postChildCleanup",
    ]);
    assert.deepEqual(life(server, child), [
      "child childInit server",
      "child postAccept 127.0.0.1",
      "child allowDeny",
      "child processRequest",
      "child postProcessRequest true",
      "child postClientConnection",
      "child childFinish server",
    ]);
    assert.equal(new Set(server.trail.map(({ pid }) => pid)).size, 2, "other processes called hooks");
    assert.match(server.file("trail"), /^parent \d+ writeToLog .*Server closing!$/m);
    assert.match(server.file("trail"), /^child \d+ writeToLog .*CONNECT TCP/m);
  });
});

test("a client that allowDeny denies gets requestDenied in place of the handler", { timeout }, async () => {
  await withServer(["--max_servers", "1"], { ...EVERY_HOOK, env: { DENY: "1" } }, async (server) => {
    const [child = 0] = await untilHook(server, "childInit");
    assert.equal(await hear(server.port), "Not you.\r\n");
    await untilHook(server, "postClientConnection");
    assert.deepEqual(life(server, child), [
      "child childInit server",
      "child postAccept 127.0.0.1",
      "child allowDeny",
      "child requestDenied",
      "child postProcessRequest false",
      "child postClientConnection",
    ]);
    await server.says(/writeToLog .*DENY .*127\.0\.0\.1/);
  });
});

test(
  "a restart calls restartClose before and restartOpen after it, in one process",
  { timeout },
  async () => {
    await withServer(["--max_servers", "1"], EVERY_HOOK, async (server) => {
      await untilHook(server, "childInit");
      signal(server.pid, "SIGHUP");
      await untilHook(server, "childInit", 2);
      assert.equal(await hear(server.port), "Hello.\r\n");
      await server.stop();
      assert.deepEqual(life(server, server.pid), [
        "parent configure",
        "parent postConfigure 1",
        "parent postBind 1",
        "parent preLoop",
        "parent runNChildren",
        "parent preFork server",
        "parent preServerClose",
        "parent restartClose",
        "parent configure",
        "parent postConfigure 1",
        "parent restartOpen",
        "parent postBind 1",
        "parent preLoop",
        "parent runNChildren",
        "parent preFork server",
        "parent preServerClose",
        "parent postChildCleanup",
      ]);
      assert.equal(server.trail.filter(({ hook }) => hook === "childFinish").length, 2);
    });
  },
);

for (const hook of ["configure", "postConfigure", "postBind", "preLoop", "runNChildren", "preFork"]) {
  test(`a ${hook} that throws ends the server at its start, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook }, wait: false, code: 1 };
    await withServer(["--max_servers", "2"], options, async (server) => {
      await server.end();
      assert.match(server.text, new RegExp(`hook ${hook} threw .*on purpose`));
    });
  });
}

test("a postBind that closes the server leaves neither pid file nor socket", { timeout }, async () => {
  const text = "export default { hooks: { postBind: (server) => server.serverClose(3) } };\n";
  const args = ["--port", "FOLDER/a.sock|unix", "--pid_file", "FOLDER/tine.pid"];
  const options = { handler: "FOLDER/closing.ts", files: { "closing.ts": text }, wait: false, code: 3 };
  await withServer(args, options, async (server) => {
    await server.end();
    assert.match(server.text, /Binding to UNIX socket file/);
    assert.deepEqual(readdirSync(server.folder), ["closing.ts"]);
  });
});

test("an idleLoop that throws ends the server, children included, and is named", { timeout }, async () => {
  const options = { handler: fixture("throwing.ts"), env: { THROW: "idleLoop" }, wait: false, code: 1 };
  await withServer(["--max_servers", "2", "--log_level", "4"], options, async (server) => {
    // The loop turns when a child ends, at the latest.
    await until(
      () => {
        const [child] = server.ready();
        if (child !== undefined) signal(child, "SIGTERM");
        return server.ended !== undefined;
      },
      "the end of the server",
    );
    assert.match(server.text, /The hook idleLoop threw .*on purpose/);
  });
});

for (const hook of ["preServerClose", "postChildCleanup"]) {
  test(`a ${hook} that throws leaves nobody behind, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook }, code: 1 };
    await withServer(["--max_servers", "2", "--log_level", "4"], options, async (server) => {
      await server.untilReady(2);
      signal(server.pid, "SIGTERM");
      await server.end();
      assert.match(server.text, new RegExp(`The hook ${hook} threw .*on purpose`));
    });
  });
}

for (const hook of ["restartClose", "restartOpen"]) {
  test(`a ${hook} that throws ends the server, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook }, code: 1 };
    await withServer(["--max_servers", "2", "--log_level", "4"], options, async (server) => {
      await server.untilReady(2);
      signal(server.pid, "SIGHUP");
      await server.end();
      assert.match(server.text, new RegExp(`hook ${hook} threw .*on purpose`));
    });
  });
}

for (
  const hook of [
    "postAccept",
    "allowDeny",
    "requestDenied",
    "processRequest",
    "postProcessRequest",
    "postClientConnection",
  ]
) {
  const what = hook === "processRequest" ? "the handler" : `the hook ${hook}`;
  test(`a ${hook} that throws ends its child, which is replaced, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook } };
    await withServer(["--max_servers", "1", "--log_level", "4"], options, async (server) => {
      const [old = 0] = await server.untilReady(1);
      await hear(server.port);
      await server.says(new RegExp(`Child ${old} ends: ${what} threw Error: on purpose`));
      await server.says(new RegExp(`Child ${old} ended with status 255 after 1 client`));
      writeFileSync(`${server.folder}/trail.good`, "");
      const [fresh = 0] = await server.untilReady(1);
      assert.notEqual(fresh, old);
      assert.equal(await hear(server.port), hook === "requestDenied" ? "" : "Hello.\r\n");
    });
  });
}

for (const hook of ["postAccept", "allowDeny", "preLoop"]) {
  test(`a ${hook} that throws ends Single with status 1, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook }, code: 1, wait: false };
    await withServer(["--server_type", "Single"], options, async (server) => {
      if (hook !== "preLoop") {
        await server.up(1);
        await hear(server.port);
      }
      await server.end();
      await server.says(new RegExp(`(^|[ \\n])The hook ${hook} threw Error: on purpose`));
    });
  });
}

for (const hook of ["postAccept", "allowDeny", "postProcessRequest"]) {
  test(`a ${hook} that throws ends its client of Multiplex alone, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook } };
    await withServer(["--server_type", "Multiplex"], options, async (server) => {
      assert.equal(await hear(server.port), "");
      assert.equal(await hear(server.port), "");
      await server.says(new RegExp(`(^|[ \\n])The hook ${hook} threw Error: on purpose`), { times: 2 });
    });
  });
}

test("a childFinish that throws is named, and the child is replaced", { timeout }, async () => {
  const options = { handler: fixture("throwing.ts"), env: { THROW: "childFinish" } };
  await withServer(["--max_servers", "1", "--log_level", "4"], options, async (server) => {
    const [old = 0] = await server.untilReady(1);
    signal(old, "SIGTERM");
    await server.says(new RegExp(`Child ${old} ends: the hook childFinish threw Error: on purpose`));
    await server.untilReady(1);
    assert.equal(await hear(server.port), "Hello.\r\n");
  });
});

for (const hook of ["preServerClose", "postChildCleanup", "cleanupDeadChild", "preLoop"]) {
  for (const personality of ["PreForkSimple", "Single"]) {
    if (personality === "Single" && hook === "cleanupDeadChild") continue;
    test(
      `${personality}: a second stop ends a server whose hook ${hook} never does`,
      { timeout },
      async () => {
        const handler = `import { appendFileSync } from "node:fs";
import process from "node:process";
const never = () => {
  appendFileSync(process.env.TRAIL, "reached\\n");
  setInterval(() => {}, 1_000_000); // an empty event loop would be told of
  return new Promise(() => {});
};
export default { hooks: { ${hook}: never } };
`;
        const options = { handler: "FOLDER/handler.ts", files: { "handler.ts": handler } };
        const args = ["--max_servers", "1", "--pid_file", "FOLDER/pid"];
        const server = new TestServer(args, { ...options, personality, wait: false });
        try {
          if (hook === "cleanupDeadChild") {
            const child = await until(() => server.children().at(0)) as number;
            signal(child, "SIGKILL");
            await until(() => server.file("trail").includes("reached"));
          } else if (hook === "preLoop") await until(() => server.file("trail").includes("reached"));
          else await server.says(/Listening on/);
          signal(server.pid, "SIGTERM");
          await until(() => server.file("trail").includes("reached"), () => server.text);
          // Until it is taken for another one, and not for the first sent twice.
          await until(() => {
            if (server.text.includes("told to stop again")) return true;
            signal(server.pid, "SIGTERM");
            return false;
          }, () => server.text);
          await server.end();
          assert.deepEqual(server.remains(), []);
          assert.equal(server.file("pid"), "");
        } finally {
          server.clear();
        }
      },
    );
  }
}
