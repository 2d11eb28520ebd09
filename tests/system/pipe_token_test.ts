import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { exchange, signal, withServer } from "../support/server.ts";
import { until, within } from "../support/until.ts";
for (const name of ["SIGTERM", "SIGHUP"] as const) {
  test(
    `serialize pipe: a child that is told to leave by ${name} gives its turn back`,
    { timeout },
    async () => {
      await withServer(
        ["--max_servers", "2", "--serialize", "pipe", "--log_level", "4"],
        {},
        async (server) => {
          for (const pid of await server.untilReady(2)) {
            signal(pid, name);
            await until(() => !server.children().includes(pid), "end");
          }
          await server.untilReady(2);
          await within(exchange(server.port), `a client after ${name}`);
        },
      );
    },
  );
}
