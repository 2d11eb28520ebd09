import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { fixture, hear, onBun, TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const PROGRAM = fixture("starts_itself_again.ts");

/** What came of the program that was started again: its status and what it said. */
async function outcome(server: TestServer): Promise<{ code: string; said: string }> {
  const row = await until(
    () => server.trail.find(({ hook }) => hook === "again"),
    "the end of the program that was started again",
  );
  const [code = "", ...said] = (row as { detail: string }).detail.split(" ");
  return { code, said: JSON.parse(said.join(" ")) };
}

test("a child's program that something starts again is no second parent", { timeout }, async () => {
  await withServer(["--max_servers", "1"], { program: [PROGRAM] }, async (server) => {
    const { code, said } = await outcome(server);
    assert.equal(code, "69", said);
    assert.match(
      said,
      new RegExp(
        `^tine: Cannot serve: this process comes from a child of the server with process id ${server.pid}, which .*\n$`,
      ),
    );
    assert.equal(await hear(server.port), "served\r\n");
  });
});

test("a child may start another server, and the same program with other arguments", { timeout }, async () => {
  // This one ends by itself, since it cannot have its port: but it does begin to serve.
  const options = { program: [PROGRAM], env: { MORE: "--port no-such-host.invalid:1" } };
  await withServer(["--max_servers", "1"], options, async (server) => {
    const { said } = await outcome(server);
    assert.match(said, /Cannot bind port "no-such-host\.invalid:1"/);
    assert.doesNotMatch(said, /Cannot serve/);
  });
});

const FLAGS = onBun ? ["--watch", "--hot"] : ["--watch", `--watch=${PROGRAM}`, "--watch-hmr"];

for (const flag of FLAGS) {
  test(`a server is not started under ${flag.split("=")[0]}`, { timeout }, async () => {
    // Deno's own watcher stays until it is stopped.
    const program = onBun ? [flag, PROGRAM] : ["--no-check", flag, PROGRAM];
    const server = new TestServer(["--max_servers", "1"], { program });
    try {
      await server.says(
        /tine: Cannot serve under --(?:watch|hot)[^ ]*: (?:deno|bun) would start the server again/,
      );
      if (onBun) assert.deepEqual(await server.end(), { code: 64, signal: null });
      assert.deepEqual(server.children(), []);
      assert.doesNotMatch(server.text, /Listening|Binding/);
    } finally {
      server.clear();
    }
  });
}
