import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { receiveTcp, receiveUdp, UnixReceiver } from "../log/syslog_receiver.ts";
import { timeout } from "../support/limits.ts";
import { exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** A folder that is gone afterwards. */
function folder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "test-log-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Sends `text` to a port, and waits until the server has closed. */
async function tell(port: number, text: string): Promise<void> {
  const socket = createConnection({ port, host: "127.0.0.1" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("connect", () => socket.write(text));
  socket.on("error", reject);
  socket.on("data", () => {});
  socket.on("close", () => resolve());
  await promise;
}

/** Sends the log of a server to a log daemon, and waits for the port. */
async function withSyslog(
  logsock: string,
  received: () => readonly string[],
  body: (server: TestServer, port: number) => Promise<void>,
): Promise<void> {
  const args = ["--log_file", "Sys::Syslog", "--syslog_logsock", logsock, "--max_servers", "1"];
  const more = ["--log_level", "4", "--syslog_ident", "my app", "--syslog_facility", "local3"];
  await withServer([...args, ...more], { wait: false }, async (server) => {
    const port = await until(
      () => /auto-assigned port (\d+)/.exec(received().join("\n"))?.[1],
      () => `the port; the daemon heard ${received().join("\n")}`,
    );
    await body(server, Number(port));
  });
}

/** The processes and levels of lines that a pattern is in. */
function heard(lines: readonly string[], pattern: RegExp): { pid: number; priority: number }[] {
  return lines.filter((line) => pattern.test(line)).map((line) => {
    const found = /^<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d my app\[(\d+)\]: /.exec(line);
    assert.ok(found, line);
    return { priority: Number(found[1]), pid: Number(found[2]) };
  });
}

const LOCAL3 = 19 << 3;

/** What every server says to a log daemon, from its start to its end. */
function checkWholeLife(lines: readonly string[], server: TestServer, child: number): void {
  const parent = { pid: server.pid, priority: LOCAL3 | 5 };
  assert.deepEqual(heard(lines, /tine \(type Tine::PreForkSimple\) starting!/), [parent]);
  assert.deepEqual(heard(lines, /Server closing!/), [parent]);
  assert.ok(
    heard(lines, /CONNECT TCP/).every(({ pid, priority }) => pid === child && priority === (LOCAL3 | 6)),
  );
  assert.deepEqual(heard(lines, /Child Preforked/), [{ pid: child, priority: LOCAL3 | 7 }]);
  assert.equal(server.text, "", "nothing else is said");
}

test("a log to syslog's local socket survives a restart of the log daemon", { timeout }, async () => {
  using dir = folder();
  const path = join(dir.path, "log");
  const lines: string[] = [];
  using daemon = new UnixReceiver(path);
  const received = () => (lines.push(...daemon.take()), lines);
  await withSyslog(`unix:${path}`, received, async (server, port) => {
    const child = await exchange(port);
    await until(() => heard(received(), /CONNECT/).length === 1);
    daemon.stop();
    await exchange(port);
    daemon.start();
    // Nobody says anything any more: what was said meanwhile comes by itself.
    await until(() => heard(received(), /CONNECT/).length === 2);
    daemon.stop();
    daemon.start();
    await exchange(port);
    await until(() => heard(received(), /CONNECT/).length === 3);
    await server.stop();
    checkWholeLife(received(), server, child);
  });
});

test("a log to syslog over UDP goes on", { timeout }, async () => {
  await using daemon = await receiveUdp();
  await withSyslog(`udp:127.0.0.1:${daemon.port}`, () => daemon.received, async (server, port) => {
    const child = await exchange(port);
    await until(() => heard(daemon.received, /CONNECT/).length === 1);
    await server.stop();
    await until(() => heard(daemon.received, /Server closing/).length === 1);
    checkWholeLife(daemon.received, server, child);
  });
});

test("a log to syslog over TCP survives a restart of the log daemon", { timeout }, async () => {
  const lines: string[] = [];
  let daemon = await receiveTcp();
  const { port: daemonPort } = daemon;
  const received = () => (lines.push(...daemon.received.splice(0)), lines);
  await withSyslog(`tcp:127.0.0.1:${daemonPort}`, received, async (server, port) => {
    const child = await exchange(port);
    await until(() => heard(received(), /CONNECT/).length === 1);
    await daemon[Symbol.asyncDispose]();
    await exchange(port);
    daemon = await receiveTcp(daemonPort);
    await until(() => heard(received(), /CONNECT/).length === 2);
    await server.stop();
    await until(() => heard(received(), /Server closing/).length === 1);
    checkWholeLife(received(), server, child);
  });
  await daemon[Symbol.asyncDispose]();
});

test("a restart in place loses no line to syslog", { timeout }, async () => {
  await using daemon = await receiveTcp();
  await withSyslog(`tcp:127.0.0.1:${daemon.port}`, () => daemon.received, async (server) => {
    await until(() => heard(daemon.received, /Child Preforked/).length === 1);
    signal(server.pid, "SIGHUP");
    await until(() => heard(daemon.received, /Child Preforked/).length === 2);
    assert.equal(heard(daemon.received, /Re-exec server during HUP/).length, 1);
    assert.deepEqual(heard(daemon.received, /starting!/).map(({ pid }) => pid), [server.pid, server.pid]);
  });
});

/** Makes stderr the journal, as far as a program can tell. */
const JOURNAL = [
  "sh",
  "-c",
  'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"',
  "sh",
];

test("each line to the journal has its priority before it, in every process", {
  timeout,
  skip: process.platform !== "linux" && "no Linux",
}, async () => {
  const args = ["--max_servers", "1", "--log_level", "4"];
  await withServer(args, { wrapper: JOURNAL }, async (server) => {
    await exchange(server.port);
    await server.stop();
    const lines = server.text.trimEnd().split("\n");
    for (const line of lines) assert.match(line, /^<[3-7]>/);
    assert.equal(lines.filter((line) => /^<5>.*(?:starting|closing)!/.test(line)).length, 2);
    assert.equal(lines.filter((line) => /^<6>.*CONNECT TCP/.test(line)).length, 1);
    assert.equal(lines.filter((line) => /^<7>\[\d+\] Child Preforked/.test(line)).length, 1);
  });
});

test("a log_file has no priorities, whatever stderr is", {
  timeout,
  skip: process.platform !== "linux" && "no Linux",
}, async () => {
  const args = ["--max_servers", "1", "--log_file", "FOLDER/log"];
  await withServer(args, { wrapper: JOURNAL, log: "log" }, async (server) => {
    await exchange(server.port);
    await server.stop();
    assert.match(
      server.file("log"),
      /^\d{4}\/\d\d\/\d\d-\d\d:\d\d:\d\d \[\d+\] tine \(type Tine::PreForkSimple\) starting!/,
    );
    assert.doesNotMatch(server.file("log"), /^<\d>/m);
  });
});

const FORGERY = "a\n2026/01/01-00:00:00 Server closing!\r\n\x1b[2J\x07\0 \u2028\u0085b%0A\n";

test("a client cannot forge a line of the log", { timeout }, async () => {
  const args = ["--max_servers", "1", "--log_file", "FOLDER/log"];
  await withServer(args, { handler: fixture("parrot.ts"), log: "log" }, async (server) => {
    await tell(server.port, FORGERY);
    await server.says(/said a/);
    const lines = server.file("log").split("\n");
    assert.equal(lines.filter((line) => line.includes("closing")).length, 1);
    assert.ok(
      lines.some((line) =>
        line.replace(/^\S+ \[\d+\] /, "") ===
          "said a%0A2026/01/01-00:00:00 Server closing!%0D%0A%1B[2J%07%00 %E2%80%A8%C2%85b%0A"
      ),
      server.file("log"),
    );
    assert.match(server.file("log"), /^[\n\x20-\x7e]*$/);
  });
});

test("a client cannot forge a line of a log in JSON", { timeout }, async () => {
  const args = ["--max_servers", "1", "--log_file", "FOLDER/log", "--log_format", "json"];
  await withServer(args, { handler: fixture("parrot.ts"), log: "log" }, async (server) => {
    await tell(server.port, FORGERY);
    await server.says(/said a/);
    const text = server.file("log");
    const messages = text.trimEnd().split("\n").map((line) => JSON.parse(line).message);
    assert.deepEqual(messages.filter((message) => message.includes("closing")), [`said ${FORGERY}`]);
    assert.match(text, /^[\n\x20-\x7e]*$/);
  });
});

test("logFunction takes the whole log of every process, as it was logged", { timeout }, async () => {
  const args = ["--max_servers", "1", "--log_level", "4"];
  const options = { handler: fixture("log_function.ts"), log: "trail" };
  await withServer(args, options, async (server) => {
    await tell(server.port, "");
    await server.says(/Child Preforked/);
    await server.stop();
    const trail = server.file("trail").trimEnd().split("\n");
    assert.ok(trail.every((line) => /^\d+ [0-4] "/.test(line)), trail.join("\n"));
    assert.ok(trail.some((line) => line.startsWith(`${server.pid} 2 `) && line.includes("starting!")));
    assert.ok(trail.some((line) => !line.startsWith(`${server.pid} `) && line.endsWith(' 1 "a\\nb"')));
    assert.ok(trail.some((line) => line.startsWith(`${server.pid} 2 `) && line.includes("Server closing!")));
    assert.equal(server.text, server.file("trail"), "stderr is empty");
  });
});

test("a logFunction that throws ends nothing: its line goes to stderr", { timeout }, async () => {
  const args = ["--max_servers", "1", "--log_level", "4"];
  const options = { handler: fixture("log_function.ts"), env: { LOSE: "CONNECT" }, log: "trail" };
  await withServer(args, options, async (server) => {
    await tell(server.port, "");
    await server.says(/Cannot log by logFunction: on purpose\n\S+ \[\d+\] CONNECT TCP/);
    const [child] = server.children();
    await tell(server.port, "");
    await server.says(/Cannot log by logFunction: on purpose/, { times: 2 });
    assert.deepEqual(server.children(), [child]);
  });
});

test("what is logged before the options are read is a plain line on stderr", { timeout }, async () => {
  await withServer(
    ["--max_servers", "1", "--log_level", "4"],
    { handler: fixture("early_log.ts") },
    async (server) => {
      await server.untilReady(1);
      assert.match(server.text, /^early%0Abird\n/);
    },
  );
});

test("a reload tells of what is new, and repeats nothing of the start", { timeout }, async () => {
  await withServer(["--max_servers", "2", "--log_level", "3"], {}, async (server) => {
    await server.says(/Listening on/);
    signal(server.pid, "SIGHUP");
    await server.says(/Reloaded in/);
    for (const line of [/Binding to TCP port/, /Bound to auto-assigned port/, /User Not Defined/]) {
      assert.equal(server.count(line), 1, `${line} in ${server.text}`);
    }
    assert.equal(server.count(/Reassociating|Binding open file/), 0, server.text);
  });
});
