import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ConfigError } from "../../lib/errors.ts";
import {
  MAX_LINE_BYTES,
  MAX_QUEUED,
  type SyslogOptions,
  SyslogSink,
  syslogTime,
} from "../../lib/log/syslog.ts";
import { until } from "../support/until.ts";
import { receiveTcp, receiveUdp, SlowReceiver, UnixReceiver } from "./syslog_receiver.ts";

const TIME = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\\d \\d\\d:\\d\\d:\\d\\d";

/** A folder that is gone afterwards. */
function folder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "tine-syslog-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** The messages of lines: what stands behind the tag. */
const messages = (lines: readonly string[]) => lines.map((line) => line.replace(/^.*?\]: /, ""));

test("syslogTime writes the day of a month with a blank", () => {
  assert.equal(syslogTime(new Date(2026, 10, 4, 8, 5, 1)), "Nov  4 08:05:01");
  assert.equal(syslogTime(new Date(2026, 0, 24, 23, 59, 0)), "Jan 24 23:59:00");
});

test("SyslogSink writes priority, time, name and process to the local socket", () => {
  using dir = folder();
  using daemon = new UnixReceiver(join(dir.path, "log"));
  const sink = new SyslogSink({ path: join(dir.path, "log") });
  for (let level = 0; level <= 5; level++) sink.write(level, `level ${level}`);
  const lines = daemon.take();
  // Facility daemon is 3 << 3; levels 0 to 4 are err (3) to debug (7).
  assert.deepEqual(lines.map((line) => /^<(\d+)>/.exec(line)?.[1]), ["27", "28", "29", "30", "31", "31"]);
  assert.match(lines[0] as string, new RegExp(`^<27>${TIME} net_server\\[${process.pid}\\]: level 0$`));
  sink.close();
});

test("SyslogSink takes name, facility and options", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const cases: readonly [SyslogOptions, RegExp][] = [
    [{ ident: "my app", logopt: "" }, new RegExp(`^<29>${TIME} my app: x$`)],
    [{ facility: "local7" }, /^<189>/],
    [
      { facility: "LOG_MAIL", logopt: "pid,ndelay|nowait" },
      new RegExp(`^<21>.*net_server\\[${process.pid}\\]: x$`),
    ],
    [{ facility: "kern", logopt: "nofatal", logsock: "unix" }, /^<5>.*net_server: x$/],
    [{ logsock: "native" }, /^<29>/],
  ];
  for (const [options, wanted] of cases) {
    const sink = new SyslogSink({ path, ...options });
    sink.write(2, "x");
    sink.close();
    assert.match(daemon.take().join("|"), wanted);
  }
});

test("SyslogSink refuses options that mean nothing", () => {
  const cases: readonly [SyslogOptions, string, RegExp][] = [
    [
      { logsock: "pigeon" },
      "syslog_logsock",
      /^Cannot use syslog_logsock "pigeon": there is no way "pigeon"; give native/,
    ],
    [{ facility: "local8" }, "syslog_facility", /^Cannot use syslog_facility "local8": .*; give kern, user/],
    [{ facility: "toString" }, "syslog_facility", /no such facility/],
    [
      { logopt: "pid,perhaps" },
      "syslog_logopt",
      /^Cannot use syslog_logopt "pid,perhaps": perhaps is unknown; give cons/,
    ],
    [{ ident: "a\nb" }, "syslog_ident", /^Cannot use syslog_ident "a\\nb": .*; give a plain word$/],
    [{ ident: "" }, "syslog_ident", /empty/],
  ];
  for (const [options, option, message] of cases) {
    assert.throws(
      () => new SyslogSink(options),
      (error) => error instanceof ConfigError && error.option === option && message.test(error.message),
    );
  }
});

test("SyslogSink lets no message forge a line or send a control character", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const sink = new SyslogSink({ path });
  sink.write(2, "a\n<0>Jan  1 00:00:00 kernel: b\r\x1b[2J\0\u00e4\n");
  const [line, ...others] = daemon.take();
  assert.deepEqual(others, []);
  assert.equal(messages([line as string])[0], "a%0A<0>Jan  1 00:00:00 kernel: b%0D%1B[2J%00%C3%A4");
  sink.close();
});

test("SyslogSink cuts a line that is too long", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const sink = new SyslogSink({ path });
  sink.write(2, "x".repeat(1_000_000));
  assert.equal(daemon.take()[0]?.length, MAX_LINE_BYTES);
  sink.close();
});

test("SyslogSink finds a local daemon that was started again, and what was said meanwhile is not lost", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const sink = new SyslogSink({ path });
  sink.write(2, "before");
  assert.deepEqual(messages(daemon.take()), ["before"]);
  daemon.stop();
  daemon.start();
  sink.write(2, "at once");
  assert.deepEqual(messages(daemon.take()), ["at once"]);
  daemon.stop();
  sink.write(2, "one");
  sink.write(2, "two");
  assert.equal(sink.queued, 2);
  daemon.start();
  sink.write(2, "three");
  assert.deepEqual(messages(daemon.take()), ["one", "two", "three"]);
  assert.equal(sink.queued, 0);
  sink.close();
});

test("SyslogSink waits for no daemon, keeps a bounded number of lines and says how many are lost", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  const sink = new SyslogSink({ path, logopt: "pid,ndelay" });
  for (let i = 0; i < MAX_QUEUED + 50; i++) sink.write(2, `line ${i}`);
  assert.equal(sink.queued, MAX_QUEUED);
  using daemon = new UnixReceiver(path);
  // The system may have room for fewer at a time.
  const lines: string[] = [];
  do lines.push(...messages(daemon.take())); while (!sink.flush());
  lines.push(...messages(daemon.take()));
  assert.equal(lines[0], "50 lines to syslog were lost");
  assert.equal(lines[1], "line 50");
  assert.equal(lines.at(-1), `line ${MAX_QUEUED + 49}`);
  assert.equal(lines.length, MAX_QUEUED + 1);
  sink.close();
});

test("SyslogSink does not wait for a daemon that takes nothing", () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const sink = new SyslogSink({ path });
  // Without anybody who takes them, the system has room for a few hundred kilobytes at most.
  let written = 0;
  while (sink.queued < 10 && written < 100_000) sink.write(2, `${written++} ${"x".repeat(8000)}`);
  assert.equal(sink.queued, 10);
  const numbers: number[] = [];
  const take = () => numbers.push(...messages(daemon.take()).map((line) => parseInt(line)));
  do take(); while (!sink.flush());
  take();
  assert.deepEqual(numbers, Array.from({ length: written }, (_, i) => i));
  sink.close();
});

test("SyslogSink writes to the console with `cons` while the daemon is away, and always with `console`", () => {
  using dir = folder();
  const terminal = join(dir.path, "console");
  const path = join(dir.path, "log");
  const absent = new SyslogSink({ path, logopt: "cons,pid", console: terminal });
  absent.write(2, "kept");
  assert.equal(absent.queued, 1, "no console is created");
  writeFileSync(terminal, "");
  absent.write(2, "x");
  assert.match(
    readFileSync(terminal, "utf8"),
    new RegExp(`^${TIME} net_server\\[${process.pid}\\]: (?:x|kept)\r\n`),
  );
  assert.equal(absent.queued, 0);
  writeFileSync(terminal, "");
  const only = new SyslogSink({ path, logsock: "console", console: terminal });
  only.write(2, "y");
  assert.match(readFileSync(terminal, "utf8"), /: y\r\n$/);
});

test("SyslogSink sends to a local socket that takes streams", async () => {
  using dir = folder();
  const { createServer } = await import("node:net");
  const path = join(dir.path, "log");
  let text = "";
  const server = createServer((client) => client.on("data", (bytes) => text += bytes.toString()));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const sink = new SyslogSink({ path });
  sink.write(2, "a");
  sink.write(2, "b");
  await until(() => sink.flush() && text.split("\0").length === 3);
  assert.deepEqual(messages(text.split("\0")), ["a", "b", ""]);
  sink.close();
  await new Promise((resolve) => server.close(resolve));
});

test("SyslogSink sends over UDP", async () => {
  await using daemon = await receiveUdp();
  const sink = new SyslogSink({ logsock: "udp", port: daemon.port });
  sink.write(1, "hello");
  await until(() => daemon.received.length > 0);
  assert.match(daemon.received[0] as string, new RegExp(`^<28>${TIME} net_server\\[\\d+\\]: hello$`));
  sink.close();
});

test("SyslogSink goes on over UDP after a time without a daemon", async () => {
  let port: number;
  {
    await using daemon = await receiveUdp();
    port = daemon.port;
  }
  const sink = new SyslogSink({ logsock: "udp", port });
  for (let i = 0; i < 10; i++) sink.write(2, "nobody hears this");
  assert.ok(sink.queued <= 10);
  sink.close();
});

test("SyslogSink sends over TCP, and finds a daemon that was started again", async () => {
  let port: number;
  let sink: SyslogSink;
  {
    await using daemon = await receiveTcp();
    port = daemon.port;
    sink = new SyslogSink({ logsock: "tcp", port });
    for (const text of ["one", "two\nlines", "x".repeat(20_000)]) sink.write(2, text);
    await until(() => sink.flush() && daemon.received.length === 3);
    assert.deepEqual(messages(daemon.received).slice(0, 2), ["one", "two%0Alines"]);
    assert.equal(daemon.received[2]?.length, MAX_LINE_BYTES);
  }
  sink.write(2, "while it is away");
  sink.write(2, "still away");
  assert.ok(sink.queued > 0);
  await using daemon = await receiveTcp(port);
  sink.write(2, "back again");
  await until(() => sink.flush() && daemon.received.length === 3, () => daemon.received.join());
  assert.deepEqual(messages(daemon.received), ["while it is away", "still away", "back again"]);
  sink.close();
});

/** A line that shows whether its beginning and its end belong together. */
const longLine = (number: number) => `${number} ${"x".repeat(8000)} ${number}`;

/** Writes numbered lines of 8,000 bytes until so many are queued. Gives how many lines that were. */
function fill(sink: SyslogSink, queued: number): number {
  for (let written = 0; written < 1_000_000; written++) {
    if (sink.queued >= queued) return written;
    sink.write(2, longLine(written));
  }
  throw new Error("The system has room without an end");
}

/** Reads until all is sent and a line that begins with `last` is there. Gives the lines. */
async function drain(sink: SyslogSink, daemon: SlowReceiver, last: string): Promise<string[]> {
  await until(() => {
    const isGone = sink.flush();
    const lines = daemon.read();
    return isGone && lines.at(-1) === "" && messages(lines).at(-2)?.startsWith(last);
  });
  return daemon.read().slice(0, -1);
}

test("SyslogSink keeps the lines of a TCP stream whole when there is room for a part of one", async () => {
  using daemon = new SlowReceiver();
  const sink = new SyslogSink({ logsock: "tcp", port: daemon.port });
  const written = fill(sink, MAX_QUEUED) + 20;
  for (let i = written - 20; i < written; i++) sink.write(2, longLine(i));
  const texts = messages(await drain(sink, daemon, `${written - 1} `));
  for (const text of texts) assert.match(text, /^(?:(\d+) x{8000} \1|\d+ lines to syslog were lost)$/);
  const heard = texts.filter((text) => !text.endsWith("lost")).map((text) => parseInt(text));
  assert.deepEqual(heard, heard.toSorted((a, b) => a - b));
  const told = texts.filter((text) => text.endsWith("lost")).map((text) => parseInt(text));
  // The system may find room for some of the twenty after all.
  const lost = written - heard.length;
  assert.ok(lost > 0 && lost <= 21, `${lost} lost`);
  assert.equal(told.reduce((sum, count) => sum + count, 0), lost);
  sink.close();
});

test("SyslogSink begins a line anew on a new connection", async () => {
  let daemon = new SlowReceiver();
  const sink = new SyslogSink({ logsock: "tcp", port: daemon.port });
  fill(sink, 5);
  daemon.read();
  const { port } = daemon;
  daemon[Symbol.dispose]();
  daemon = new SlowReceiver(port);
  sink.write(2, "the last");
  const lines = await drain(sink, daemon, "the last");
  for (const line of lines) assert.match(line, /^<29>/);
  daemon[Symbol.dispose]();
  sink.close();
});

test("SyslogSink tries UDP where `inet` finds no TCP", async () => {
  await using daemon = await receiveUdp();
  const sink = new SyslogSink({ logsock: "inet", port: daemon.port });
  sink.write(2, "either way");
  await until(() => sink.flush() && daemon.received.length > 0);
  assert.deepEqual(messages(daemon.received), ["either way"]);
  sink.close();
});

test("SyslogSink sends what is queued when it is closed", async () => {
  await using daemon = await receiveTcp();
  const sink = new SyslogSink({ logsock: "tcp", port: daemon.port });
  sink.write(2, "last words");
  sink.close();
  await until(() => daemon.received.length > 0);
  assert.deepEqual(messages(daemon.received), ["last words"]);
});

test(
  "SyslogSink hands its socket to no program that this process starts, and leaves none behind",
  { skip: process.platform !== "linux" && "no /proc" },
  () => {
    using dir = folder();
    const path = join(dir.path, "log");
    using _daemon = new UnixReceiver(path);
    const sockets = () => readdirSync("/proc/self/fd").filter(isSocket);
    const before = sockets();
    const sink = new SyslogSink({ path });
    sink.write(2, "x");
    const opened = sockets().filter((fd) => !before.includes(fd));
    assert.equal(opened.length, 1);
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${opened[0]}`, "utf8"))?.[1];
    assert.equal(parseInt(flags as string, 8) & 0o2004000, 0o2004000, "close-on-exec and not blocking");
    sink.close();
    assert.deepEqual(sockets(), before);
  },
);

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
  } catch {
    return false;
  }
}

const noSyslog = spawnSync("perl", ["-MSys::Syslog", "-MNet::Server", "-e", "1"]).status !== 0 &&
  "no perl with Net::Server and Sys::Syslog";

test("SyslogSink writes the line that Net::Server's Sys::Syslog writes", { skip: noSyslog }, () => {
  using dir = folder();
  const path = join(dir.path, "log");
  using daemon = new UnixReceiver(path);
  const script = String.raw`
    use Net::Server::Log::Sys::Syslog; use Sys::Syslog;
    { package Fake; sub configure { my ($s, $t) = @_; ${"$"}{$t->{syslog_facility}} = 'local3'; ${"$"}{$t->{syslog_ident}} = 'my app'; } }
    my $log = Net::Server::Log::Sys::Syslog->initialize(bless { server => {} }, 'Fake');
    Sys::Syslog::setlogsock({ type => 'unix', path => $ARGV[0] });
    $log->($_, "hello %s $_") for 0 .. 4;
  `;
  const child = spawnSync("perl", ["-e", script, path], { encoding: "utf8" });
  assert.equal(child.status, 0, child.stderr);
  const theirs = daemon.take();
  const sink = new SyslogSink({ path, facility: "local3", ident: "my app" });
  for (let level = 0; level <= 4; level++) sink.write(level, `hello %s ${level}`);
  sink.close();
  // Perl ends a line with an end of line and a zero byte, which the C library's syslog does not.
  const plain = (line: string) =>
    line.replace(/\n\0$/, "").replace(new RegExp(TIME), "TIME").replace(/\[\d+\]/, "[PID]");
  assert.equal(theirs.length, 5);
  assert.deepEqual(daemon.take().map(plain), theirs.map(plain));
});
