import assert from "node:assert/strict";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { Wire } from "./wire.ts";

const handler = new URL("fixtures/app.ts", import.meta.url).pathname;
const CLIENTS = 4;
const RELOADS = 4;

/** What has become of the requests of one client. */
interface Tally {
  answered: number;
  /** Connections that the server said it would close. */
  closed: number;
  /** Requests that came when the server had just closed the connection, which was idle: RFC 9110 §9.2.2. */
  repeated: number;
}

/**
 * Asks again and again over a connection that it keeps for as long as the server does. What is tried again is counted: a
 * request to which not one byte came, on a connection that was idle before.
 */
async function askAll(port: number, isOver: () => boolean, pids: Set<string>): Promise<Tally> {
  const tally = { answered: 0, closed: 0, repeated: 0 };
  let wire = new Wire(port);
  for (let i = 0; !isOver(); i++) {
    // A connection that was idle may have been closed: that is known before anything is sent.
    if (wire.ended) wire = new Wire(port);
    const path = i % 50 === 49 ? "/wait" : "/pid";
    const before = wire.heard;
    const answer = await wire.ask(path).catch((error) => {
      if (before === 0 || wire.heard > before) throw error;
    });
    if (answer === undefined) {
      tally.repeated++;
      continue;
    }
    const { status, body, closes } = answer;
    assert.equal(status, 200);
    if (path === "/pid") pids.add(body);
    tally.answered++;
    if (!closes) continue;
    tally.closed++;
    assert.equal(await wire.rest(), "", "nothing comes behind the last answer");
    wire = new Wire(port);
  }
  wire.close();
  return tally;
}

async function reloadUnderLoad(server: TestServer, children: number): Promise<Tally> {
  let isOver = false;
  const pids = new Set<string>();
  const clients = Array.from({ length: CLIENTS }, () => askAll(server.port, () => isOver, pids));
  const all = Promise.all(clients);
  const reload = async () => {
    for (let i = 1; i <= RELOADS; i++) {
      signal(server.pid, "SIGHUP");
      await server.says(/Reloaded: Listening on/, { times: i });
    }
    // Children of a later program answer, too.
    await until(() => isOver || pids.size > children, () => `more than ${[...pids]} answer`);
    isOver = true;
  };
  await Promise.all([reload(), all.finally(() => isOver = true)]);
  const tallies = await all;
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  assert.ok(sum("closed") > 0, "no connection was closed in order");
  assert.ok(sum("answered") > 100, `${sum("answered")}`);
  return { answered: sum("answered"), closed: sum("closed"), repeated: sum("repeated") };
}

test(
  "reload after reload, no answer is lost to clients that keep their connection",
  { timeout },
  async () => {
    await withServer(["--max_servers", "2"], { handler }, async (server) => {
      const { answered, repeated } = await reloadUnderLoad(server, 2);
      // Where a client is held up for as long as a child that leaves waits for another request, one may be.
      assert.ok(repeated <= CLIENTS * RELOADS, `${repeated} of ${answered}`);
    });
  },
);

test(
  "with one client at a time, none but what comes when a connection has just given way",
  { timeout },
  async () => {
    const args = ["--max_servers", String(CLIENTS), "--max_clients", "1"];
    await withServer(args, { handler }, async (server) => {
      const { answered, repeated } = await reloadUnderLoad(server, CLIENTS);
      assert.ok(repeated <= CLIENTS * RELOADS, `${repeated} of ${answered}`);
    });
  },
);

test("children that are replaced after max_requests lose no request", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--max_requests", "5"], { handler }, async (server) => {
    const pids = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const wire = new Wire(server.port);
      for (let j = 0; j < 3; j++) pids.add((await wire.ask("/pid")).body);
      wire.close();
    }
    assert.ok(pids.size >= 6, `${pids.size}`);
  });
});
