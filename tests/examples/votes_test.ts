import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "../../mod.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { Client } from "../support/server.ts";
import { until } from "../support/until.ts";

const folder = folderOfFile("tine-votes-");

test("children share votes in a database, at the same time and over a reload", { timeout }, async () => {
  await using server = await serve(new URL("../../examples/votes.ts", import.meta.url), {
    port: "127.0.0.1:0",
    maxServers: 3,
    logLevel: 1,
    own: { database: join(folder, "votes.db") },
  });
  const port = server.addresses[0]?.port ?? 0;
  const vote = async (client: Client) => {
    client.say("tine");
    return await client.line();
  };
  const clients = [new Client(port), new Client(port), new Client(port)];
  const busy = () => server.status().children.filter(({ state }) => state === "serving").length;
  await until(() => busy() === 3, "three clients of three children");
  const answers: string[] = [];
  for (let i = 0; i < 10; i++) answers.push(...await Promise.all(clients.map(vote)));
  // Each number once: none was lost, none was given to two.
  assert.deepEqual(new Set(answers), new Set(Array.from({ length: 30 }, (_, i) => `tine: ${i + 1}`)));
  for (const client of clients) client.close();
  await server.reload();
  const later = new Client(port);
  assert.equal(await vote(later), "tine: 31");
  later.close();
});
