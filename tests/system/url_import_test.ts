import assert from "node:assert/strict";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { publish } from "../support/site.ts";
import { Client, onBun, signal, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const noUrls = onBun ? "Bun imports no modules from URLs" : false;

/** A Deno that has loaded nothing before, and knows nothing of this project. */
const FRESH = {
  DENO_DIR: "FOLDER/deno",
  DENO_NO_PACKAGE_JSON: "1",
  // Nothing is needed from npm unless a TOML file is read.
  NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/",
};

const OWN = `
import { BindError, ConfigError, run, type Connection, type Handler, type Server } from "BASE/mod.ts";

const handler: Handler = {
  options: { suffix: { kind: "string", default: "", help: "What is put behind each line." } },
  hooks: { postAccept: (server: Server) => server.log(2, "accepted by " + server.pid) },
  async processRequest(connection: Connection, server) {
    for await (const line of connection.lines()) {
      await connection.print(line.toUpperCase() + server.config.own["suffix"] + "\\r\\n");
      if (line === "quit") return;
    }
  },
};
if (typeof BindError !== "function" || typeof ConfigError !== "function") throw new Error("no classes");
run(handler, { port: ["127.0.0.1:0", "127.0.0.1:0/udp"], maxServers: 2, maxRequests: 3 });
`;

test("a program of one's own imports mod.ts by its URL, and its children are started the same way", {
  timeout,
  skip: noUrls,
}, async () => {
  const site = await publish();
  try {
    await withServer(["--suffix", "!", "--log_level", "4"], {
      ports: 0,
      program: ["--no-config", "FOLDER/own.ts"],
      files: { "own.ts": OWN.replace("BASE", site.url) },
      env: FRESH,
    }, async (server) => {
      await server.up(2);
      const [tcp = 0, udp = 0] = server.ports;
      const talk = async () => {
        const client = new Client(tcp);
        client.say("hello");
        assert.equal(await client.line(), "HELLO!");
        client.say("quit");
        assert.equal(await client.rest(), "QUIT!\r\n");
        const datagram = new UdpClient(udp);
        assert.equal(await datagram.ask("datagram"), "DATAGRAM!\r\n");
        datagram.close();
      };
      await talk();
      // From here on the site is not needed: children are replaced, and the server restarted, from the cache.
      await until(() => server.ready().length >= 2, "both children");
      await site.close();
      for (let i = 0; i < 6; i++) await talk();
      signal(server.pid, "SIGHUP");
      await server.says(/Parent ready for children/, { times: 2 });
      await talk();
      await server.says(/accepted by \d+/);
      const strangers = [...site.asked].filter((path) => path !== "/mod.ts" && !path.startsWith("/lib/"));
      assert.deepEqual(strangers, []);
    });
  } finally {
    await site.close();
  }
});

test("cli.ts runs from its URL, with a handler from another", { timeout, skip: noUrls }, async () => {
  const site = await publish();
  try {
    await withServer(["--port", "127.0.0.1:0", "--max_servers", "2", "--max_requests", "2"], {
      ports: 0,
      program: ["--no-config", `${site.url}/cli.ts`, `${site.url}/examples/echo.ts`],
      env: FRESH,
    }, async (server) => {
      await server.up(1);
      for (let i = 0; i < 6; i++) {
        const client = new Client(server.port);
        client.say("hello");
        assert.equal(await client.line(), "hello");
        client.close();
      }
    });
  } finally {
    await site.close();
  }
});

test(
  "a mistake of a program that imports mod.ts by its URL is one line",
  { timeout, skip: noUrls },
  async () => {
    const site = await publish();
    try {
      const options = {
        ports: 0,
        wait: false,
        program: ["--no-config", "FOLDER/own.ts"],
        files: { "own.ts": OWN.replace("BASE", site.url) },
        env: FRESH,
      };
      await withServer(["--max_server", "3"], { ...options, code: 78 }, async (server) => {
        await server.end();
        await server.says(
          /(?:^|\n)tine: command line:1: Cannot set "max_server": .*nearest is "max_servers"\n/,
        );
      });
    } finally {
      await site.close();
    }
  },
);
