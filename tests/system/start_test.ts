import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ROOT } from "../../scripts/toolchain.ts";
import { timeout } from "../support/limits.ts";
import { exchange, fixture, onBun, signal, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const DEAD_AT_BIRTH = { handler: fixture("throwing.ts"), env: { THROW: "childInit" } };

test(
  "children that die at birth are not started in a hot loop, and the server still stops",
  { timeout },
  async () => {
    await withServer(["--max_servers", "3", "--log_level", "4"], DEAD_AT_BIRTH, async (server) => {
      await server.says(/Child \d+ ends: the hook childInit threw Error: on purpose/);
      await server.says(
        /Children exit before they serve \(\d now\): the cause is in the lines above; retrying in 0\.1 s/,
      );
      await server.says(/\(1 now, 5 times in a row\).*retrying in 1\.6 s/);
      const pauses = [...server.text.matchAll(/retrying in ([\d.]+) s/g)].map((match) => Number(match[1]));
      assert.deepEqual(pauses.slice(0, 5), [0.1, 0.2, 0.4, 0.8, 1.6]);
      // All three at once, then one after each pause.
      const deaths = server.count(/Child \d+ ended with status 255 before it was ready/);
      assert.ok(deaths <= 3 + pauses.length, `${deaths} deaths with ${pauses.length} pauses`);
      assert.equal(server.ended, undefined);
    });
  },
);

const onlyDeno = onBun ? "Bun downloads nothing of this kind" : false;
const noProc = process.platform === "linux" ? false : "needs /proc";

test("a child of the command line is started with what a child needs, and the same arguments", {
  timeout,
  skip: noProc,
}, async () => {
  await withServer(["--max_servers", "1", "--log_level", "4"], {}, async (server) => {
    const [child = 0] = await server.untilReady(1);
    const argumentsOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    // Deno would look through all that a parent can do; Bun loads only what is used.
    const main = process.versions["bun"] === undefined ? /^file:.*\/lib\/cli\/child\.ts$/ : /^cli\.ts$/;
    const [own, parents] = [argumentsOf(child), argumentsOf(server.pid)];
    const at = parents.indexOf("cli.ts");
    assert.match(own[at] ?? "", main);
    // The first word tells it from its parent in ps.
    assert.equal(own[0], "tine: child");
    assert.deepEqual(own.toSpliced(at, 1).slice(1), parents.toSpliced(at, 1).slice(1));
  });
});

test("the first child that lives after deaths at birth brings back all the others", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], DEAD_AT_BIRTH, async (server) => {
    await server.says(/Children exit before they serve \(1 now, \d times in a row\)/);
    writeFileSync(`${server.folder}/trail.good`, "");
    await server.untilReady(3);
  });
});

test("children that are killed before they are ready are replaced too", { timeout }, async () => {
  await withServer(["--max_servers", "4", "--log_level", "4"], {}, async (server) => {
    const young = await until(
      () => {
        const pids = server.children();
        return pids.length > 0 ? pids : undefined;
      },
      "a child",
    ) as number[];
    for (const pid of young) signal(pid, "SIGKILL");
    await server.untilReady(4);
    await exchange(server.port);
  });
});

test("a TERM right after the start stops the server", { timeout }, async () => {
  for (let i = 0; i < 3; i++) {
    await withServer(["--max_servers", "4", "--log_level", "4"], {}, async (server) => {
      await server.says(/Beginning prefork/);
    });
  }
});

test("a HUP right after the start restarts the server", { timeout }, async () => {
  await withServer(["--max_servers", "3", "--log_level", "4"], {}, async (server) => {
    await server.says(/Parent ready for children/);
    signal(server.pid, "SIGHUP");
    await server.says(/Parent ready for children/, { times: 2 });
    await server.untilReady(3);
    await exchange(server.port);
  });
});

for (const personality of ["PreForkSimple", "PreFork", "Fork"]) {
  test(`TTOU leaves ${personality} its last child, and says so`, { timeout }, async () => {
    const args = ["--max_servers", "1", "--log_level", "4"];
    await withServer(args, { personality }, async (server) => {
      await server.untilReady(1);
      signal(server.pid, "SIGTTOU");
      await server.says(/Cannot take a child away: max_servers is 1, the least that it can be/);
      await exchange(server.port);
      signal(server.pid, "SIGTTIN");
      await server.says(/Increasing (?:max )?server count \(2\)/);
      signal(server.pid, "SIGTTOU");
      await server.says(/Decreasing (?:max )?server count \(1\)/);
      await exchange(server.port);
    });
  });
}

test(
  "a start that reads no TOML file downloads nothing, package.json or not",
  { timeout, skip: onlyDeno },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cache-test-"));
    try {
      const { DENO_NO_PACKAGE_JSON: _, ...env } = process.env;
      const command = ["run", "-A", "cli.ts", "--version"];
      const options = { cwd: ROOT, env: { ...env, DENO_DIR: folder }, encoding: "utf8" } as const;
      const { status, stderr } = spawnSync(process.execPath, command, options);
      assert.equal(stderr, "");
      assert.equal(status, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
