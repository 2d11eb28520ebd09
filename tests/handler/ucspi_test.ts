import assert from "node:assert/strict";
import { test } from "node:test";
import { clientVariables, MOST_VARIABLES, ownEnvironment } from "../../lib/handler/ucspi.ts";

const tcp = (hostname: string, port: number) => ({ transport: "tcp", hostname, port }) as const;
const unix = (path: string) => ({ transport: "unix", hostname: "", port: 0, path }) as const;

test("clientVariables has tcpserver's and systemd's names for an IPv4 client", () => {
  const variables = clientVariables({
    remote: tcp("192.0.2.7", 4000),
    local: tcp("192.0.2.1", 25),
    hostname: "mail.example.com",
  });
  assert.deepEqual(variables, [
    "PROTO=TCP",
    "TCPLOCALIP=192.0.2.1",
    "TCPLOCALPORT=25",
    "TCPREMOTEIP=192.0.2.7",
    "TCPREMOTEPORT=4000",
    "TCPREMOTEHOST=mail.example.com",
    "REMOTE_ADDR=192.0.2.7",
    "REMOTE_PORT=4000",
    "REMOTE_HOST=mail.example.com",
  ]);
});

test("clientVariables takes an IPv4 client of a socket for both families for one of IPv4", () => {
  const mapped = { remote: tcp("::ffff:192.0.2.7", 4000), local: tcp("::ffff:192.0.2.1", 25) };
  const plain = { remote: tcp("192.0.2.7", 4000), local: tcp("192.0.2.1", 25) };
  assert.deepEqual(clientVariables(mapped), clientVariables(plain));
});

test("clientVariables has both sets of names for an IPv6 client", () => {
  const variables = clientVariables({
    remote: tcp("2001:db8::7", 4000),
    local: tcp("::1", 25),
    hostname: "h",
  });
  assert.deepEqual(variables.slice(0, 2), ["PROTO=TCP6", "TCPLOCALIP=::1"]);
  for (
    const name of ["LOCALIP=::1", "LOCALPORT=25", "REMOTEIP=2001:db8::7", "REMOTEPORT=4000", "REMOTEHOST=h"]
  ) {
    assert.ok(variables.includes(`TCP${name}`));
    assert.ok(variables.includes(`TCP6${name}`));
  }
  assert.ok(variables.length <= MOST_VARIABLES);
});

test("clientVariables has unixserver's names for a client of a unix socket", () => {
  const local = unix("/run/a.sock");
  assert.deepEqual(clientVariables({ remote: unix(""), local }), ["PROTO=UNIX", "UNIXLOCALPATH=/run/a.sock"]);
  const remoteProcess = { pid: 7, uid: 8, gid: 9 };
  assert.deepEqual(clientVariables({ remote: unix("/run/b"), local, remoteProcess }).slice(2), [
    "UNIXREMOTEPATH=/run/b",
    "UNIXREMOTEEUID=8",
    "UNIXREMOTEEGID=9",
    "UNIXREMOTEPID=7",
  ]);
});

test("ownEnvironment leaves out what was said of another client, server or child", () => {
  const foreign = [
    "PROTO",
    "TCPLOCALIP",
    "TCPREMOTEHOST",
    "TCPREMOTEINFO",
    "TCP6REMOTEIP",
    "TCP6INTERFACE",
    "UNIXREMOTEPID",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "TINE_CHILD",
  ];
  const own = ["PATH", "HOME", "TCPDUMP", "PROTOCOL", "REMOTE_USER", "LISTEN_ADDRESS", "UNIX", "_"];
  const environment = Object.fromEntries([...foreign, ...own].map((name) => [name, "x y=z"]));
  assert.deepEqual(ownEnvironment(environment), own.map((name) => `${name}=x y=z`));
});
