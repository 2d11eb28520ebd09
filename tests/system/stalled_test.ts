import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fixture, TestServer, withServer } from "../support/server.ts";
import { lacks, tine, withTcpserver } from "../support/super_server.ts";
import { pass, until } from "../support/until.ts";

const timeout = 60_000;
const handler = fixture("stalling.ts");
const AWAITS = /awaits what can never come \(the event loop is empty\)/.source;
const CUT = new RegExp(`the handler, or a hook, ${AWAITS}; the client 127\\.0\\.0\\.1:\\d+ is cut off\\n`);

/** Says a line to a new client of the server's, and returns what it hears; nothing if it is cut off. */
async function say(port: number, line: string): Promise<string> {
  const client = new Client(port);
  client.say(line);
  // What was not read makes a reset of the end.
  return await client.rest().catch(() => "");
}

test(
  "a handler that awaits what never comes ends its child with a line and status 13",
  { timeout },
  async () => {
    await withServer(["--max_servers", "1"], { handler }, async (server) => {
      assert.equal(await say(server.port, "never"), "");
      await server.says(new RegExp(`Child \\d+ ends: ${CUT.source}`));
      await server.says(/Child \d+ ended with status 13 after 1 client\n/);
      assert.equal(await say(server.port, "hello"), "you said hello\r\n", "it was replaced");
    });
  },
);

test("so does a hook of the client's, and one that is called for no client", { timeout }, async () => {
  await withServer(["--max_servers", "1"], { handler, env: { HANG: "postAccept" } }, async (server) => {
    assert.equal(await say(server.port, "hello"), "");
    await server.says(new RegExp(`Child \\d+ ends: ${CUT.source}`));
  });
  await withServer(["--max_servers", "1"], { handler, env: { HANG: "childInit" } }, async (server) => {
    await server.says(new RegExp(`Child \\d+ ends: a hook ${AWAITS}\\n`));
    await server.says(/Child \d+ ended with status 13 before it was ready\n/);
  });
});

test("a child whose hook fatal awaits what never comes ends all the same", { timeout }, async () => {
  await withServer(["--max_servers", "1"], { handler, env: { HANG: "fatal" } }, async (server) => {
    assert.equal(await say(server.port, "fail"), "");
    await server.says(/Child \d+ ends: the handler threw Error: on purpose/);
    await server.says(/Child \d+ ended with status 13 after 1 client\n/);
  });
});

test("a handler that calls exit(0) is an error in the log", { timeout }, async () => {
  await withServer(["--max_servers", "1"], { handler }, async (server) => {
    assert.equal(await say(server.port, "exit"), "");
    await server.says(
      /Child \d+ ended with status 0 after 1 client, in the middle of the last: something called exit\n/,
    );
    assert.equal(await say(server.port, "hello"), "you said hello\r\n");
  });
});

test("Single ends with status 13 where its handler awaits what never comes", { timeout }, async () => {
  const args = ["--server_type", "Single", "--port", "FOLDER/s.sock|unix", "--pid_file", "FOLDER/t.pid"];
  await withServer(args, { handler, code: 13 }, async (server) => {
    assert.equal(await say(server.port, "never"), "");
    await server.end();
    await server.says(new RegExp(`Cannot go on: ${CUT.source}`));
    await server.says(/Server closing!/);
    assert.equal(server.file("t.pid"), "");
  });
});

test("INET ends with status 13 too", { timeout, skip: lacks("tcpserver") }, async () => {
  await withTcpserver({ program: tine("INET", handler) }, async (server) => {
    assert.equal(await say(server.port, "never"), "");
    await until(() => /status 3328\n/.test(server.said()), () => server.said()); // 13 << 8
    assert.match(server.said(), new RegExp(`Cannot go on: ${CUT.source}`));
  });
});

for (const hook of ["postConfigure", "preLoop"]) {
  test(`the server ends with status 13 where ${hook} awaits what never comes`, { timeout }, async () => {
    const args = ["--max_servers", "1", "--pid_file", "FOLDER/t.pid", "--port", "FOLDER/s.sock|unix"];
    // Its own end awaits what never comes, too.
    for (const HANG of [hook, `${hook},fatal`, `${hook},preServerClose`]) {
      const server = new TestServer(args, { ports: 0, handler, env: { HANG } });
      try {
        assert.deepEqual(await server.end(), { code: 13, signal: null }, server.text);
        if (!HANG.includes("fatal")) await server.says(new RegExp(`Cannot go on: a hook ${AWAITS}\\n`));
        assert.equal(server.file("t.pid"), "");
        assert.deepEqual(server.remains(), []);
      } finally {
        server.clear();
      }
    }
  });
}

test(
  "a server that is idle, or waits for a silent client, does not count as stalled",
  { timeout },
  async () => {
    for (const personality of ["PreForkSimple", "Single"]) {
      await withServer(["--max_servers", "1"], { personality, handler }, async (server) => {
        await server.says(/Listening on/);
        await pass(200);
        const client = new Client(server.port);
        await pass(200);
        client.say("hello");
        assert.equal(await client.rest(), "you said hello\r\n");
        assert.equal(server.count(/Cannot go on|ends:/), 0);
      });
    }
  },
);
