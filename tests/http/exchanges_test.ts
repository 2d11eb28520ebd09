import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { withServer } from "../support/server.ts";
import { normalize, type RawExchange, readExchanges } from "./exchanges.ts";

const handler = new URL("fixtures/mirror.ts", import.meta.url).pathname;
/** Small, so that the corpus can go beyond them. */
const LIMITS = ["--max_header_size", "2000", "--max_headers", "20", "--max_body_size", "1048576"];
const ARGS = [
  ...LIMITS,
  "--server_revision",
  "S",
  "--max_servers",
  "2",
  "--log_level",
  "2",
  "--timeout_header",
  "60",
];

/** How a client sends: all at once, or so that nothing comes together with anything else. */
type Pace = "at once" | "byte by byte";

/** All that comes back. */
async function hear(port: number, sent: string, pace: Pace): Promise<string> {
  const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text) => received += text);
  const closed = new Promise<void>((resolve) => {
    socket.on("end", resolve);
    socket.on("close", () => resolve());
    // Who sends on to a server that has closed is told so.
    socket.on("error", () => resolve());
  });
  const bytes = Buffer.from(sent, "latin1");
  const step = pace === "at once" ? bytes.length : 1;
  for (let at = 0; at < bytes.length && !socket.destroyed && socket.writable; at += step) {
    await new Promise((resolve) => socket.write(bytes.subarray(at, at + step), resolve));
  }
  await closed;
  socket.destroy();
  return received;
}

async function differences(port: number, exchanges: readonly RawExchange[], pace: Pace): Promise<string[]> {
  const found: string[] = [];
  const left = [...exchanges];
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const received = normalize(await hear(port, one.sent, pace));
      const expected = normalize(one.received);
      if (received !== expected) {
        found.push(
          `${one.name}\n  expected ${JSON.stringify(expected)}\n  received ${JSON.stringify(received)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return found;
}

/** Whether the client ends the connection, or the handler does: who sends on then may be told so before the answer. */
function endsItself({ sent }: RawExchange): boolean {
  return /^Connection: .*close.*\r\n(?!\r\n$)|HTTP\/1\.0\r|^GET \/(?:upgrade|break|long-length) /im.test(
    sent,
  );
}

for (const pace of ["at once", "byte by byte"] as const) {
  test(`every raw exchange is as the RFCs have it, sent ${pace}`, { timeout }, async () => {
    await withServer(ARGS, { handler }, async ({ port }) => {
      const exchanges = readExchanges().filter((one) => pace === "at once" || !endsItself(one));
      assert.ok(exchanges.length > 300, `${exchanges.length}`);
      assert.deepEqual(await differences(port, exchanges, pace), []);
    });
  });
}

test("with one client at a time they are the same", { timeout }, async () => {
  await withServer([...ARGS, "--max_clients", "1"], { handler }, async ({ port }) => {
    assert.deepEqual(await differences(port, readExchanges().filter((_, i) => i % 5 === 0), "at once"), []);
  });
});

test("Single serves them as well", { timeout }, async () => {
  const args = ARGS.filter((word, i) => word !== "--max_servers" && ARGS[i - 1] !== "--max_servers");
  await withServer(args, { handler, personality: "Single" }, async ({ port }) => {
    assert.deepEqual(await differences(port, readExchanges().filter((_, i) => i % 5 === 1), "at once"), []);
  });
});
