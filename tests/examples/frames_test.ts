import assert from "node:assert/strict";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { serve } from "../../mod.ts";
import { timeout } from "../support/limits.ts";

/** What the example answers to these bytes, which end then. */
async function ask(...bytes: number[]): Promise<number[]> {
  await using server = await serve(new URL("../../examples/frames.ts", import.meta.url), {
    port: "127.0.0.1:0",
    maxServers: 1,
    logLevel: 0,
    own: { max_frame: 300 },
  });
  const client = connect(server.addresses[0]?.port ?? 0, "127.0.0.1");
  client.end(new Uint8Array(bytes));
  return [...await buffer(client)];
}

test("frames are answered in reverse, however they arrive", { timeout }, async () => {
  assert.deepEqual(await ask(0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 9), [
    ...[0, 0, 0, 3, 3, 2, 1],
    ...[0, 0, 0, 0],
    ...[0, 0, 0, 1, 9],
  ]);
});

test("a frame that is too long ends the connection, before anything is read of it", { timeout }, async () => {
  assert.deepEqual(await ask(0, 0, 0, 1, 7, 255, 255, 255, 255), [0, 0, 0, 1, 7]);
});
