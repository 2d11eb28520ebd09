import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { hear, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** Tells a client who serves it; while there is a file "slow" beside it, children do not get ready. */
const HANDLER = `import { existsSync } from "node:fs";
const SLOW = new URL("slow", import.meta.url);
export default {
  processRequest: (connection, server) => connection.print(server.pid + "\\r\\n"),
  hooks: {
    async childInit() {
      while (existsSync(SLOW)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  },
};
`;
const options = { files: { "handler.ts": HANDLER }, handler: "FOLDER/handler.ts" };

async function servedBy(server: TestServer): Promise<number> {
  return Number(await hear(server.port));
}

test("children that somebody kills are replaced at once while others serve", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "4"], options, async (server) => {
    const [victim = 0, stays = 0] = await server.untilReady(2);
    const slow = join(server.folder, "slow");
    writeFileSync(slow, "");
    signal(victim, "SIGKILL");
    const killed = new Set([victim]);
    for (let i = 0; i < 12; i++) {
      const next = await until(
        () => server.children().find((pid) => pid !== stays && !killed.has(pid)),
        "the next child",
      ) as number;
      signal(next, "SIGKILL");
      killed.add(next);
      await server.says(new RegExp(`Child ${next} was killed by SIGKILL .* before it was ready`));
      assert.equal(await servedBy(server), stays);
    }
    assert.equal(server.count(/Children exit before they serve/), 0);
    rmSync(slow);
    await server.untilReady(2);
  });
});

test("while children die at birth, those at work serve on beyond max_requests", { timeout }, async () => {
  const args = ["--max_servers", "1", "--max_requests", "6", "--log_level", "4"];
  await withServer(args, options, async (server) => {
    const [first = 0] = await server.untilReady(1);
    const handler = join(server.folder, "handler.ts");
    writeFileSync(handler, "export default { processRequest( ");
    // From the middle of its life on it asks for a successor, however quick its clients come.
    for (let i = 0; i < 5; i++) assert.equal(await servedBy(server), first);
    await server.says(/Children exit before they serve/);
    for (let i = 0; i < 20; i++) assert.equal(await servedBy(server), first);
    writeFileSync(handler, HANDLER);
    await until(async () => await servedBy(server) !== first, "a successor");
    await server.untilReady(1);
  });
});

/** While there is a file "fails" beside it, its children fail when they have been ready for a moment. */
const LATE = `import { existsSync } from "node:fs";
const FAILS = new URL("fails", import.meta.url);
export default {
  processRequest: (connection, server) => connection.print(server.pid + "\\r\\n"),
  hooks: {
    childInit() {
      if (existsSync(FAILS)) setTimeout(() => Promise.reject(new Error("too late")), 20);
    },
  },
};
`;

test("children that fail as soon as they are ready are started later and later", { timeout }, async () => {
  const late = { files: { "handler.ts": LATE, fails: "" }, handler: "FOLDER/handler.ts" };
  await withServer(["--max_servers", "3", "--log_level", "4"], late, async (server) => {
    await server.says(/Children exit before they serve \(\d now, 4 times in a row\)/);
    const failed = server.count(/Child \d+ ended with status \d+ as soon as it was ready/);
    // All three of the start, and one at each try.
    assert.ok(failed >= 4 && failed <= 6, `${failed} failed`);
    rmSync(join(server.folder, "fails"));
    await until(() => server.children().length === 3, "three children");
    assert.ok(server.children().includes(await servedBy(server)));
  });
});
