import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { parsePort, PortFault, type PortSpec } from "../../lib/listen/port_spec.ts";

/** Entry → port, host, proto, ipv. */
const CASES: readonly [string, string, string, string, string][] = [
  ["20203", "20203", "*", "tcp", "*"],
  ["localhost:20203", "20203", "localhost", "tcp", "*"],
  ["localhost:20203/tcp", "20203", "localhost", "tcp", "*"],
  ["localhost|20203|tcp", "20203", "localhost", "tcp", "*"],
  ["localhost,20203,tcp", "20203", "localhost", "tcp", "*"],
  ["localhost 20203 tcp", "20203", "localhost", "tcp", "*"],
  ["127.0.0.1:80/tcp/IPv4", "80", "127.0.0.1", "tcp", "4"],
  ["127.0.0.1:80/IPv4/tcp", "80", "127.0.0.1", "tcp", "4"],
  ["[::1]:80", "80", "::1", "tcp", "*"],
  ["[::1]:80 ipv6", "80", "::1", "tcp", "6"],
  ["*:20203", "20203", "*", "tcp", "*"],
  ["80|IPv4|IPv6", "80", "*", "tcp", "64"],
  ["80/udp", "80", "*", "udp", "*"],
  ["http", "http", "*", "tcp", "*"],
  ["host.example.com:http/tcp", "http", "host.example.com", "tcp", "*"],
  ["0", "0", "*", "tcp", "*"],
];

const PERL = `use Net::Server::Proto;
no warnings 'redefine';
*Net::Server::Proto::get_addr_info = sub { my ($c,$h,$p) = @_; return ([$h,$p,'*']) };
package S; sub fatal { die $_[1] } sub log {} package main;
while (<STDIN>) { chomp; my ($i) = Net::Server::Proto->parse_info($_, undef, undef, undef, bless {}, 'S');
  print join("\\t", @$i{qw(port host proto)}), "\\n" }`;
const hasPerl = spawnSync("perl", ["-MNet::Server", "-e1"]).status === 0;

for (const [text, port, host, proto, ipv] of CASES) {
  test(`parsePort understands ${JSON.stringify(text)}`, () => {
    const spec = parsePort(text) as PortSpec;
    assert.deepEqual([spec.port, spec.host, spec.proto, spec.ipv], [port, host, proto, ipv]);
  });
}

test("parsePort agrees with Net::Server's own parser", { skip: hasPerl ? false : "no Net::Server" }, () => {
  const input = CASES.map(([text]) => `${text}\n`).join("");
  const { stdout, stderr } = spawnSync("perl", ["-e", PERL], { input, encoding: "utf8" });
  const rows = stdout.trimEnd().split("\n").map((row) => row.split("\t"));
  assert.equal(rows.length, CASES.length, stderr);
  for (const [i, [text]] of CASES.entries()) {
    const spec = parsePort(text) as PortSpec;
    assert.deepEqual([spec.port, spec.host, spec.proto], rows[i], text);
  }
});

test("parsePort takes what the lists say where the entry is silent", () => {
  const spec = parsePort("80", { host: "127.0.0.1", proto: "tcp", ipv: "4" }) as PortSpec;
  assert.deepEqual([spec.host, spec.proto, spec.ipv], ["127.0.0.1", "tcp", "4"]);
  const own = parsePort("::1|80|ipv6", { host: "127.0.0.1", ipv: "4" }) as PortSpec;
  assert.deepEqual([own.host, own.ipv], ["::1", "6"]);
});

test("parsePort understands a table", () => {
  const spec = parsePort({ port: 80, host: "[::1]", proto: "tcp", ipv: "6" }) as PortSpec;
  assert.deepEqual([spec.port, spec.host, spec.proto, spec.ipv], ["80", "::1", "tcp", "6"]);
});

for (const text of ["70000", "foo bar/baz", "a b c", "", "ho$t:80", "80/ipv5"]) {
  test(`parsePort refuses ${JSON.stringify(text)} with a reason`, () => {
    const fault = parsePort(text);
    assert.ok(fault instanceof PortFault, JSON.stringify(fault));
    assert.ok(fault.reason.length > 0);
  });
}
