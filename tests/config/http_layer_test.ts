import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { loadConfig, type Sources } from "../../lib/config/config.ts";
import { processorsIn } from "../../lib/config/http_layer.ts";
import { ConfigError } from "../../lib/errors.ts";

const load = (argv: readonly string[], more: Partial<Sources> = {}) =>
  loadConfig({ argv, hasFetch: true, ...more });

test("a handler with fetch brings the defaults of HTTP", async () => {
  const { config, personality } = await load([]);
  assert.equal(personality.name, "PreForkSimple");
  assert.deepEqual(config.port, ["8080"]);
  assert.ok(config.maxServers >= 1 && config.maxServers < 50);
  assert.equal(config.maxClients, process.platform === "linux" ? 256 : 1);
  assert.deepEqual(
    [config.timeoutHeader, config.timeoutIdle, config.keepaliveTimeout, config.maxKeepaliveRequests],
    [15, 60, 5, 1000],
  );
  assert.deepEqual([config.maxHeaderSize, config.maxHeaders, config.maxBodySize], [
    100_000,
    100,
    128 * 1024 ** 2,
  ]);
});

test("what a source gives wins over them", async () => {
  const { config } = await load(["--port", "81", "--max_servers", "3", "--max_clients", "2"]);
  assert.deepEqual([config.port, config.maxServers, config.maxClients], [["81"], 3, 2]);
});

test("a serializer leaves one client at a time", async () => {
  assert.equal((await load(["--serialize", "flock"])).config.maxClients, 1);
});

test("without fetch nothing is as with HTTP", async () => {
  const { config, notes } = await load(["--max_headers", "5"], { hasFetch: false });
  assert.deepEqual([config.port, config.maxServers, config.maxClients], [["20203"], 50, 1]);
  assert.equal(config.maxHeaders, 100);
  assert.deepEqual(notes, ["max_headers is ignored: the personality PreForkSimple does not take it"]);
});

test("HTTP stands beside the personality that it runs on", async () => {
  const named = (argv: readonly string[], personality?: string) =>
    load(argv, { hasFetch: false, personality });
  const http = await named([], "HTTP");
  assert.deepEqual([http.personality.name, http.config.port], ["PreForkSimple", ["8080"]]);
  const single = await named(["--server_type", "Single"], "HTTP");
  assert.deepEqual([single.personality.name, single.config.port], ["Single", ["8080"]]);
  const listed = await named(["--server_type", "HTTP", "--server_type", "PreFork"]);
  assert.deepEqual([listed.personality.name, listed.config.maxServers], ["PreFork", 50]);
  const fork = await load([], { personality: "Fork" });
  assert.deepEqual([fork.personality.name, fork.config.maxRequests, fork.config.maxClients], ["Fork", 1, 1]);
  assert.equal(single.config.maxClients, 1);
});

const REFUSED: readonly [readonly string[], RegExp][] = [
  [
    ["--server_type", "Multiplex"],
    /: Cannot serve HTTP with Multiplex: it serves by callbacks; use PreForkSimple/,
  ],
  [["--exec", "/bin/cat"], /: Cannot set exec: a handler with fetch, or HTTP, would serve the same clients/],
  [["--port", "81/udp"], /: Cannot serve HTTP on port "81\/udp": its clients are datagrams/],
  [["--max_header_size", "0"], /: Cannot set max_header_size to "0"/],
  [["--access_log_file", "x"], /: Cannot set access_log_file: it is not supported yet; remove it/],
];

for (const [argv, message] of REFUSED) {
  test(`HTTP is refused with ${argv.join(" ")}`, async () => {
    await assert.rejects(load(argv), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      assert.ok(error.place !== undefined);
      return true;
    });
  });
}

test("a value of server_revision cannot split an answer", async () => {
  await assert.rejects(
    load([], { code: { serverRevision: "a\r\nb: c" } }),
    /Cannot set server_revision/,
  );
  assert.equal((await load(["--server_revision", ""])).config.serverRevision, "");
});

test("the processors that a limit of cgroup v2 leaves", () => {
  for (
    const [text, count] of [["max 100000\n", Infinity], ["50000 100000\n", 1], ["250000 100000", 3], [
      "",
      Infinity,
    ]] as const
  ) {
    assert.equal(processorsIn(text), count);
  }
});
