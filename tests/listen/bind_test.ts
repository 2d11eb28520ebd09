import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { explain, kindOf } from "../../lib/listen/bind.ts";
import type { Target } from "../../lib/listen/resolve.ts";
import { PathFault } from "../../lib/listen/unix_path.ts";
import { systemError } from "../../lib/os/errno.ts";

const EPERM = 1;
const ENOENT = 2;
const EACCES = 13;
const EMFILE = 24;
const [EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT] = process.platform === "darwin" ? [48, 49, 47] : [98, 99, 97];

function tcp(hostname: string, port: number): Target {
  return { proto: "tcp", address: { transport: "tcp", hostname, port }, ipv: "4", v6Only: true };
}

const UNIX: Target = {
  proto: "unix",
  address: { transport: "unix", hostname: "", port: 0, path: "/run/x/y.sock" },
  ipv: "*",
  v6Only: false,
};

/** Error's number, target → the message behind its place, and the status. */
const CASES: readonly [number, Target, string, number][] = [
  [
    EADDRINUSE,
    tcp("127.0.0.1", 80),
    '127.0.0.1:80 (port "P"): address already in use (EADDRINUSE); stop the other server or choose another port',
    69,
  ],
  [
    EACCES,
    tcp("::1", 80),
    '[::1]:80 (port "P"): permission denied (EACCES); start as root, give the program CAP_NET_BIND_SERVICE, or ' +
    "choose a port from 1024 on",
    77,
  ],
  [
    EADDRNOTAVAIL,
    tcp("192.0.2.77", 8080),
    '192.0.2.77:8080 (port "P"): no such address on this machine (EADDRNOTAVAIL); give an address of this machine',
    69,
  ],
  [
    EAFNOSUPPORT,
    tcp("::1", 8080),
    '[::1]:8080 (port "P"): address family not supported (EAFNOSUPPORT); this machine has no IPv6: give ipv = 4',
    69,
  ],
  [
    EMFILE,
    tcp("127.0.0.1", 8080),
    '127.0.0.1:8080 (port "P"): too many open files in this process (EMFILE); raise the limit of open files ' +
    "(ulimit -n)",
    69,
  ],
  [
    ENOENT,
    UNIX,
    '/run/x/y.sock (port "P"): no such file or directory (ENOENT); create its folder, or choose another path',
    69,
  ],
  [
    EPERM,
    UNIX,
    '/run/x/y.sock (port "P"): operation not permitted (EPERM); start as root, or leave its owner as it is',
    77,
  ],
];

for (const [number, target, message, exitCode] of CASES) {
  test(`explain says ${message}`, () => {
    const cause = systemError("bind", "bind it", number);
    const error = explain(cause, target, { text: "P", place: { source: "command line", line: 2 } });
    assert.equal(error?.message, `command line:2: Cannot bind ${message}`);
    assert.equal(error?.exitCode, exitCode);
    assert.equal(error?.cause, cause);
  });
}

test("explain knows faults of paths, and leaves other errors alone", () => {
  const origin = { text: "P", place: undefined };
  const error = explain(new PathFault("it is long; choose a shorter one"), UNIX, origin);
  assert.equal(
    error?.message,
    'Cannot bind /run/x/y.sock (port "P"): it is long; choose a shorter one',
  );
  assert.equal(explain(new TypeError("a bug"), UNIX, origin), undefined);
});

test("kindOf tells streams from datagrams", () => {
  assert.deepEqual(["tcp", "udp", "unix", "unixdgram", "ssl"].map((proto) => kindOf(proto as "tcp")), [
    "stream",
    "datagram",
    "stream",
    "datagram",
    "stream",
  ]);
});
