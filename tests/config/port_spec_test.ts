import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortEntry } from "../../lib/config/options.ts";
import { type Beside, parsePort, PortFault, type PortSpec, PROTOCOLS } from "../../lib/config/port_spec.ts";
import { askNetServer, noNetServer, type Question, type Row } from "../listen/net_server.ts";

/** Entry → port, host, proto, ipv. */
const CASES: readonly [string, string, string, string, string][] = [
  ["20203", "20203", "*", "tcp", "*"],
  ["localhost:20203", "20203", "localhost", "tcp", "*"],
  ["localhost:20203/tcp", "20203", "localhost", "tcp", "*"],
  ["localhost|20203|tcp", "20203", "localhost", "tcp", "*"],
  ["localhost,20203,tcp", "20203", "localhost", "tcp", "*"],
  ["localhost, 20203, tcp", "20203", "localhost", "tcp", "*"],
  ["localhost 20203 tcp", "20203", "localhost", "tcp", "*"],
  ["localhost : 20203 / TCP", "20203", "localhost", "TCP", "*"],
  ["127.0.0.1:80/tcp/IPv4", "80", "127.0.0.1", "tcp", "4"],
  ["127.0.0.1:80/IPv4/tcp", "80", "127.0.0.1", "tcp", "4"],
  ["127.0.0.1 IPv4:80", "80", "127.0.0.1", "tcp", "4"],
  ["[::1]:80", "80", "::1", "tcp", "*"],
  ["::1, 80", "80", "::1", "tcp", "*"],
  ["[::1]:80 ipv6", "80", "::1", "tcp", "6"],
  ["[::1]:80/udp/IPv6", "80", "::1", "udp", "6"],
  ["[*]:80", "80", "*", "tcp", "*"],
  ["[]:80", "80", "*", "tcp", "*"],
  ["[host.example.com]:80", "80", "host.example.com", "tcp", "*"],
  ["*:20203", "20203", "*", "tcp", "*"],
  [":20203", "20203", "*", "tcp", "*"],
  ["80|IPv4|IPv6", "80", "*", "tcp", "64"],
  ["80 IPv6 IPv4", "80", "*", "tcp", "64"],
  ["80|IPv46", "80", "*", "tcp", "64"],
  ["80|IPv*", "80", "*", "tcp", "*"],
  ["80/udp", "80", "*", "udp", "*"],
  ["80/Net::Server::Proto::UDP", "80", "*", "Net::Server::Proto::UDP", "*"],
  ["443/ssl", "443", "*", "ssl", "*"],
  ["443/ssleay", "443", "*", "ssleay", "*"],
  ["http", "http", "*", "tcp", "*"],
  ["host.example.com:http/tcp", "http", "host.example.com", "tcp", "*"],
  ["host.example.com IPv4 80 tcp", "80", "host.example.com", "tcp", "4"],
  ["0", "0", "*", "tcp", "*"],
  ["127.0.0.1:0", "0", "127.0.0.1", "tcp", "*"],
  ["/run/x.sock|unix", "/run/x.sock", "*", "unix", "*"],
  ["/run/x.sock unix", "/run/x.sock", "*", "unix", "*"],
  ["/run/x.sock / UNIX", "/run/x.sock", "*", "UNIX", "*"],
  ["/run/x.sock|unixdgram", "/run/x.sock", "*", "unixdgram", "*"],
  ["/run/x|unix", "/run/x", "*", "unix", "*"],
  ["/run/x.sock|sock_stream|unix", "/run/x.sock", "*", "unix", "*"],
];

function normal(proto: string): string {
  return proto.replace(/^.*::/, "").toLowerCase();
}

/** `ipv` as Net::Server's rows say it: one row a version. */
function ipvOfRows(rows: readonly Row[]): string {
  return rows.map(({ ipv }) => ipv).join("");
}

for (const [text, port, host, proto, ipv] of CASES) {
  test(`parsePort understands ${JSON.stringify(text)}`, () => {
    const spec = parsePort(text) as PortSpec;
    assert.deepEqual([spec.port, spec.host, spec.proto, spec.ipv], [port, host, normal(proto), ipv]);
    assert.equal(spec.text, text);
  });
}

test("parsePort agrees with Net::Server on every form", { skip: noNetServer }, () => {
  const answers = askNetServer(CASES.map(([text]) => [text, "", "", ""]));
  for (const [i, [text, port, host, proto, ipv]] of CASES.entries()) {
    const rows = answers[i] as Row[];
    // An address decides for itself, whatever its ipv.
    const versions = host.includes(":") && ipv === "*" ? ipvOfRows(rows) : ipv;
    assert.deepEqual([rows[0]?.port, rows[0]?.host, rows[0]?.proto, ipvOfRows(rows)], [
      port,
      host,
      proto,
      versions,
    ], text);
  }
});

/** Numbers below 2^32 that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

const SEPARATORS = [":", ",", "|", " ", "/", ", ", " | ", "::", ""];
const HOSTS = [
  "localhost",
  "127.0.0.1",
  "[::1]",
  "::1",
  "*",
  "[*]",
  "a.b-c.example",
  "[fe80::1]",
  "1",
  "",
  "x y",
];
const PORTS = ["80", "0", "http", "20203", "/run/a.sock", "/run/a", "./a.sock", "65535", "x1"];
const WORDS = [
  "tcp",
  "udp",
  "UDP",
  "unix",
  "unixdgram",
  "ssl",
  "My::TCP",
  "Net::Server::Proto::TCP",
  "MyTcp",
  "",
];
const VERSIONS = ["IPv4", "ipv6", "IPv*", "IPv46", "IPv5", "", "", ""];
const TYPES = ["sock_stream", "sock_dgram", "", "", "", "", ""];

function randomQuestions(count: number): Question[] {
  const below = numbers(20203);
  const one = (list: readonly string[]) => list[below(list.length)] as string;
  const list = (chance: number, make: () => string) => below(chance) === 0 ? make() : "";
  return Array.from({ length: count }, () => {
    const parts = [one(HOSTS), one(PORTS)];
    for (const choices of [WORDS, VERSIONS, VERSIONS, TYPES]) {
      parts.splice(1 + below(parts.length), 0, one(choices));
    }
    const entry = parts.filter(Boolean).reduce((text, part) => text + one(SEPARATORS) + part);
    return [
      entry.trim(),
      list(2, () => one(["example.com", "10.0.0.1", "example.com IPv4", "::1 IPv6", "[::1]"])),
      list(3, () => one(["tcp", "udp", "unix", "tcp IPv6", "TCP"])),
      list(3, () => one(["4", "6", "*", "IPv4 IPv6", "IPv6"])),
    ] as const;
  });
}

/** Whether Net::Server takes something apart that Tine, by intent, does not; the reasons are in port_spec.ts. */
function differsByIntent([entry, host, proto]: Question, rows: readonly Row[]): boolean {
  const row = rows[0] as Row;
  if (/^unix/i.test(normal(row.proto))) return !entry.startsWith(row.port);
  // A path for which the lists say unix is no path and protocol.
  if (/^[./]/.test(entry) && /^unix/i.test(proto)) return true;
  // `host/0` is a host and a port; Net::Server takes 0 for a protocol, and that for none.
  if (/\/0\b/.test(entry)) return true;
  return /ipv/i.test(entry) && /ipv/i.test(host + proto);
}

test("parsePort agrees with Net::Server on 20000 entries at random", { skip: noNetServer }, () => {
  const questions = randomQuestions(20_000);
  const answers = askNetServer(questions);
  let same = 0;
  for (const [i, question] of questions.entries()) {
    const [entry, host, proto, ipv] = question;
    const rows = answers[i] as Row[];
    const row = rows[0];
    const hint = JSON.stringify({ question, rows });
    if (row === undefined || differsByIntent(question, rows)) continue;
    const known = PROTOCOLS.some((one) => one === normal(row.proto)) &&
      (!row.proto.includes("::") || row.proto.startsWith("Net::Server::Proto::"));
    const isInet = !/^unix/i.test(normal(row.proto));
    // What Net::Server's parser lets through and its resolver or its socket does not.
    if (!known || (isInet && !/^\w+$/.test(row.port)) || row.port === "" || Number(row.port) > 65535) {
      continue;
    }
    const spec = parsePort(entry, { host, proto, ipv });
    assert.ok(!(spec instanceof PortFault), `${hint}: ${(spec as PortFault).reason}`);
    assert.deepEqual([spec.port, spec.host], [row.port, isInet ? row.host : "*"], hint);
    const type = normal(row.proto) === "unix" && row.unixType === "sock_dgram"
      ? "unixdgram"
      : normal(row.proto);
    assert.equal(spec.proto, type, hint);
    if (isInet && !row.host.includes(":")) assert.equal(spec.ipv, ipvOfRows(rows), hint);
    same++;
  }
  assert.ok(same > 3000, `only ${same} of the entries were understood`);
});

test("parsePort never throws, whatever it is given", () => {
  const below = numbers(7);
  const alphabet = "a0 :/|,[]*.-ipv46\n\0é$";
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: below(12) }, () => alphabet[below(alphabet.length)]).join("");
    const spec = parsePort(text);
    if (spec instanceof PortFault) assert.ok(spec.reason.length > 0);
    else assert.match(spec.host, /^(\*|[\w/.\-:]+)$/);
  }
});

/** Entry and lists → port, host, proto, ipv. */
const BESIDE: readonly [PortEntry, Beside, string, string, string, string][] = [
  ["80", { host: "127.0.0.1", proto: "udp", ipv: "4" }, "80", "127.0.0.1", "udp", "4"],
  ["::1|80|ipv6", { host: "127.0.0.1", ipv: "4" }, "80", "::1", "tcp", "6"],
  [":80", { host: "127.0.0.1" }, "80", "*", "tcp", "*"],
  ["80", { host: "[::1]" }, "80", "::1", "tcp", "*"],
  ["80", { host: "localhost/IPv4" }, "80", "localhost", "tcp", "4"],
  ["80", { proto: "tcp IPv6" }, "80", "*", "tcp", "6"],
  ["80", { host: "localhost IPv4 IPv6", ipv: "4" }, "80", "localhost", "tcp", "64"],
  ["80/IPv6", { host: "localhost IPv4" }, "80", "*", "tcp", "6"],
  ["80", { ipv: "IPv4 IPv6" }, "80", "*", "tcp", "64"],
  ["80", { ipv: "" }, "80", "*", "tcp", "*"],
  ["/run/x.sock", { proto: "unix" }, "/run/x.sock", "*", "unix", "*"],
  ["/run/x", { proto: "unix" }, "/run/x", "*", "unix", "*"],
  ["/run/x|sock_dgram", { proto: "unix" }, "/run/x", "*", "unixdgram", "*"],
  ["/run/x.sock|unix", { unixType: "SOCK_DGRAM" }, "/run/x.sock", "*", "unixdgram", "*"],
  ["/run/a file:b|unix", {}, "/run/a file:b", "*", "unix", "*"],
  ["localhost/80", {}, "80", "localhost", "tcp", "*"],
  [{ port: 80, host: "[::1]", proto: "tcp", ipv: "6" }, {}, "80", "::1", "tcp", "6"],
  [{ port: 0 }, { host: "localhost" }, "0", "localhost", "tcp", "*"],
  [{ port: "80/udp", host: "localhost" }, { host: "example.com" }, "80", "localhost", "udp", "*"],
  [{ port: "/run/x.sock", proto: "unix" }, {}, "/run/x.sock", "*", "unix", "*"],
  [{ port: 80, ipv: "4" }, { host: "localhost IPv6" }, "80", "localhost", "tcp", "4"],
];

for (const [entry, beside, port, host, proto, ipv] of BESIDE) {
  test(`parsePort understands ${JSON.stringify(entry)} beside ${JSON.stringify(beside)}`, () => {
    const spec = parsePort(entry, beside) as PortSpec;
    const expected = host === "*" && beside.host && !String(entry).startsWith(":") ? spec.host : host;
    assert.deepEqual([spec.port, spec.host, spec.proto, spec.ipv], [port, expected, proto, ipv]);
  });
}

test("parsePort writes a table as one would in a line", () => {
  const text = (entry: PortEntry) => (parsePort(entry) as PortSpec).text;
  assert.equal(text({ port: 80 }), "80");
  assert.equal(text({ port: 80, host: "::1", proto: "udp", ipv: "6" }), "[::1]:80/udp/IPv6");
});

/** Entry → a part of the reason. */
const REFUSED: readonly [string, Beside, RegExp][] = [
  ["70000", {}, /above 65535/],
  ["foo bar/baz", {}, /no protocol "baz"/],
  ["a b c", {}, /no host name/],
  ["", {}, /no port/],
  ["  ", {}, /no port/],
  ["localhost:", {}, /neither a number nor/],
  ["ho$t:80", {}, /no host name/],
  ["80/ipv5", {}, /its ipv is "5"/],
  ["80", { proto: "sctp" }, /no protocol "sctp"/],
  ["80/My::TCP", {}, /no protocol "My::TCP"/],
  ["80", { ipv: "five" }, /its ipv is "five"/],
  ["[::1:80", {}, /no host name/],
  ["/run/x.sock", {}, /neither a number nor/],
];

for (const [text, beside, reason] of REFUSED) {
  test(`parsePort refuses ${JSON.stringify(text)} beside ${JSON.stringify(beside)} with a reason`, () => {
    const fault = parsePort(text, beside);
    assert.ok(fault instanceof PortFault, JSON.stringify(fault));
    assert.match(fault.reason, reason);
  });
}
