import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, onBun, signal, type TestServer, withServer } from "../support/server.ts";
import { ROOT } from "../../scripts/toolchain.ts";
import { until } from "../support/until.ts";

/** The oldest Deno that the preforking core runs on, where .ci/run puts it. */
const OLDEST = join(ROOT, ".ci/oldest/node_modules/@deno/linux-x64-glibc/deno");

const skip = onBun
  ? "Deno's suite does this"
  : existsSync(OLDEST)
  ? false
  : "no Deno 2.7.11 here: see .ci/run for how to have it";

const common = ["--max_servers", "3", "--log_level", "4"];

/** Serves clients one after the other until `condition`, and at least `least`. None may go without. */
async function serveUntil(server: TestServer, least: number, condition: () => boolean): Promise<void> {
  const clients = async () => {
    for (let i = 0; i < least || !condition(); i++) await exchange(server.port);
  };
  await Promise.all([clients(), clients(), clients(), clients()]);
}

test("Deno 2.7.11: a child that is killed is replaced, and clients are served all the while", {
  timeout,
  skip,
}, async () => {
  await withServer(common, { runtime: OLDEST }, async (server) => {
    const [victim = 0] = await server.untilReady(3);
    assert.ok(signal(victim, "SIGKILL"));
    await serveUntil(server, 50, () => server.ready().filter((pid) => pid !== victim).length >= 3);
    await server.says(/was killed by SIGKILL/);
  });
});

test(
  "Deno 2.7.11: HUP refuses nobody, TTIN and TTOU change the number of children",
  { timeout, skip },
  async () => {
    await withServer(common, { runtime: OLDEST }, async (server) => {
      const old = await server.untilReady(3);
      signal(server.pid, "SIGHUP");
      await serveUntil(server, 50, () => server.ready().filter((pid) => !old.includes(pid)).length >= 3);
      signal(server.pid, "SIGTTIN");
      await until(() => server.children().length === 4, "a child more");
      signal(server.pid, "SIGTTOU");
      await until(() => server.children().length === 3, "a child fewer");
    });
  },
);

for (const serialize of ["flock", "semaphore", "pipe"]) {
  test(
    `Deno 2.7.11: serialize ${serialize}, and a fresh child after max_requests clients`,
    { timeout, skip },
    async () => {
      const args = [...common, "--serialize", serialize, "--max_requests", "20"];
      await withServer(args, { runtime: OLDEST, ports: 2 }, async (server) => {
        await server.untilReady(3);
        await serveUntil(server, 40, () => server.count(/Child leaving \(20\)/) >= 3);
        await exchange(server.ports[1] as number);
      });
    },
  );
}
