import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isRefusal,
  type Logsock,
  parseFacility,
  parseIdent,
  parseLogopt,
  parseLogsock,
  refuseSyslogOption,
} from "../../lib/config/syslog_words.ts";

const PLACES: readonly (readonly [string, Logsock])[] = [
  ["", { way: "native" }],
  ["native", { way: "native" }],
  ["UNIX", { way: "unix" }],
  ["stream", { way: "stream" }],
  ["inet", { way: "inet" }],
  ["udp", { way: "udp" }],
  ["Tcp", { way: "tcp" }],
  ["console", { way: "console" }],
  ["unix:/run/log", { way: "unix", path: "/run/log" }],
  ["stream:/run/a:b", { way: "stream", path: "/run/a:b" }],
  ["udp:192.0.2.1", { way: "udp", host: "192.0.2.1" }],
  ["tcp:192.0.2.1:1514", { way: "tcp", host: "192.0.2.1", port: 1514 }],
  ["inet:[2001:db8::1]", { way: "inet", host: "2001:db8::1" }],
  ["udp:[::1]:65535", { way: "udp", host: "::1", port: 65535 }],
  ["udp:LocalHost:514", { way: "udp", host: "127.0.0.1", port: 514 }],
];

test("syslog_logsock is one of Sys::Syslog's words, or that and a place", () => {
  for (const [text, place] of PLACES) assert.deepEqual(parseLogsock(text), place, text);
});

const NO_PLACES: readonly (readonly [string, RegExp])[] = [
  ["eventlog", /^there is no way "eventlog"$/],
  [":/run/log", /^native leads to one place alone$/],
  ["console:/dev/tty1", /^console leads to one place alone$/],
  ["unix:", /^"" is no path from the root of at most 100 characters$/],
  ["unix:run/log", /^"run\/log" is no path/],
  [`stream:/${"x".repeat(100)}`, /^".*" is no path/],
  ["udp:", /is no address, or its port is none$/],
  ["udp:example.com", /^example\.com is no address/],
  ["udp:2001:db8::1", /is no address/],
  ["tcp:192.0.2.1:0", /is no address, or its port is none$/],
  ["tcp:192.0.2.1:65536", /is no address, or its port is none$/],
  ["tcp:192.0.2.1:", /is no address/],
];

test("a syslog_logsock that leads nowhere is refused, with what to do", () => {
  for (const [text, reason] of NO_PLACES) {
    const refusal = parseLogsock(text);
    assert.ok(isRefusal(refusal), text);
    assert.match(refusal.reason, reason, text);
    assert.notEqual(refusal.remedy, "", text);
  }
});

test("a facility has syslog's number, with LOG_ and without, in any case", () => {
  const numbers = [["kern", 0], ["daemon", 3], ["LOG_MAIL", 2], ["Security", 4], ["log_local7", 23]] as const;
  for (const [text, number] of numbers) assert.equal(parseFacility(text), number, text);
  for (const text of ["", "log_", "local8", "constructor", "0"]) {
    assert.ok(isRefusal(parseFacility(text)), text);
  }
});

test("options of syslog_logopt are parted by commas, bars and blanks", () => {
  assert.deepEqual(parseLogopt("pid,cons|ndelay  nowait"), new Set(["pid", "cons", "ndelay", "nowait"]));
  assert.deepEqual(parseLogopt(""), new Set());
  assert.deepEqual(parseLogopt("pid,perror"), {
    reason: "perror is unknown",
    remedy: "give cons, ndelay, nowait, pid",
  });
});

test("a name before each line is plain text", () => {
  assert.equal(parseIdent("my server"), "my server");
  for (const text of ["", "é", "a\nb", "a\x1bb"]) {
    assert.ok(isRefusal(parseIdent(text)), JSON.stringify(text));
  }
});

test("each of syslog's options is checked by its own rule, and others are not looked at", () => {
  const mistakes = [
    ["syslog_logsock", "udp:x"],
    ["syslog_ident", ""],
    ["syslog_logopt", "x"],
    ["syslog_facility", "x"],
  ] as const;
  for (const [key, text] of mistakes) assert.ok(refuseSyslogOption(key, text) !== undefined, key);
  assert.equal(refuseSyslogOption("syslog_facility", "daemon"), undefined);
  assert.equal(refuseSyslogOption("syslog_logopt", "pid"), undefined);
  assert.equal(refuseSyslogOption("log_file", ""), undefined);
});
