import assert from "node:assert/strict";
import { test } from "node:test";
import type { Server } from "../../lib/context.ts";
import { echo } from "../../lib/handler/echo.ts";
import { withPair } from "../connection/pair.ts";

const timeout = 20_000;
// All that the echo asks of a server before it is told something.
const server = { personality: "Test", pid: 1 } as Server;

test("the echo waits for as long as idle_timeout says", { timeout }, async () => {
  await withPair(async ({ connection, received }) => {
    connection.timeout = 30; // what a server sets it to
    const all = received();
    await echo(connection, server);
    connection.close();
    assert.equal(await all, 'Welcome to "Tine::Test" (1)\r\nTimed Out.\r\n');
  });
});

test("without an idle_timeout it waits for 30 seconds, as Net::Server's does", { timeout }, async () => {
  await withPair(async ({ connection, client }) => {
    client.end("hello\r\nquit\r\n");
    await echo(connection, server);
    assert.equal(connection.timeout, 30_000);
  });
});
