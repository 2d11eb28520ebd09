import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, signal, TestServer, withServer } from "../support/server.ts";

const timeout = 60_000;
const MOD = new URL("../../mod.ts", import.meta.url).pathname;

/** A program whose handler is what `text` says. */
function program(text: string): string {
  return `import { run } from ${JSON.stringify(MOD)};\nrun(${text} as any, { maxServers: 1 });\n`;
}

const FAULTS: readonly [string, string][] = [
  ["{ fetch() {}, mux() {} }", "it has both fetch, which speaks HTTP, and mux, which does not; remove one"],
  ["{ processReqest() {} }", `it has no field "processReqest"; the nearest is processRequest\n`],
  ["{ hooks: { chidInit() {} } }", `there is no hook "chidInit"; the nearest is childInit\n`],
  ["null", "it is null; give a function, or an object"],
];

for (const [handler, fault] of FAULTS) {
  test(`run(${handler}) ends with status 78 and one line`, { timeout }, async () => {
    const server = new TestServer([], { ports: 0, program: ["p.ts"], files: { "p.ts": program(handler) } });
    try {
      assert.deepEqual(await server.end(), { code: 78, signal: null }, server.text);
      await server.says(/\n/);
      assert.ok(server.text.startsWith(`tine: Cannot use the handler: ${fault}`), server.text);
      assert.equal(server.count(/\n/), 1, server.text);
      assert.deepEqual(server.remains(), []);
    } finally {
      server.clear();
    }
  });
}

test("a restart is refused where the program has such a handler now", { timeout }, async () => {
  const good = program("{ processRequest: (connection: any) => connection.print('old') }");
  const options = { program: ["p.ts"], files: { "p.ts": good } };
  await withServer(["--log_level", "4"], options, async (server) => {
    await server.untilReady(1);
    writeFileSync(join(server.folder, "p.ts"), program("{ processReqest() {} }"));
    signal(server.pid, "SIGHUP");
    await server.says(
      /Cannot restart: Cannot use the handler: it has no field "processReqest"; the nearest is/,
    );
    const client = new Client(server.port);
    assert.equal(await client.rest(), "old");
  });
});
