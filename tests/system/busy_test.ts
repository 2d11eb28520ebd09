import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, withServer } from "../support/server.ts";

for (const personality of ["PreForkSimple", "PreFork", "Fork"]) {
  for (const unix of [false, true]) {
    test(
      `${personality} says that all children are busy${
        unix ? ", also where nobody tells of clients that wait" : ""
      }`,
      { timeout },
      async () => {
        const args = [
          "--max_servers",
          "2",
          "--log_level",
          "4",
          ...(unix ? ["--port", "FOLDER/s.sock|unix"] : []),
        ];
        await withServer(args, { personality, ports: unix ? 0 : 1 }, async (server) => {
          if (unix) await server.says(/Listening on/);
          const where = unix ? `${server.folder}/s.sock` : server.port;
          // Two are served, one waits.
          const clients = [0, 1, 2].map(() => new Client(where));
          await Promise.all(clients.slice(0, 2).map((client) => client.welcome()));
          await server.says(
            unix
              ? /All 2 children have been busy for \d+ s: raise max_servers, or see/
              : /All 2 children have been busy for \d+ s, and 1 client waits: raise max_servers, or see/,
          );
          assert.equal(server.count(/children have been busy/), 1);
          for (const client of clients) client.close();
        });
      },
    );
  }
}
