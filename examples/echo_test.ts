/**
 * A test of a handler, as a program's own tests may have it: the server and its children are real.
 *
 *     deno test -A examples/echo_test.ts
 *     bun test ./examples/echo_test.ts
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { serve } from "../mod.ts";

test("a client gets back what it said", async () => {
  await using server = await serve(new URL("./echo.ts", import.meta.url), {
    port: "127.0.0.1:0",
    maxServers: 2,
    logLevel: 1,
  });
  const { hostname, port } = server.addresses[0]!;
  const client = connect(port, hostname);
  client.end("hello\r\n");
  assert.match(await text(client), /hello/);
});
