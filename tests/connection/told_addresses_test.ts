import assert from "node:assert/strict";
import { test } from "node:test";
import { toldAddresses } from "../../lib/connection/told_addresses.ts";

const tcp = (hostname: string, port: number) => ({ transport: "tcp", hostname, port });

test("toldAddresses reads what tcpserver, systemd and xinetd tell", () => {
  const cases: [Record<string, string>, unknown][] = [
    [
      { TCPREMOTEIP: "192.0.2.7", TCPREMOTEPORT: "4000", TCPLOCALIP: "192.0.2.1", TCPLOCALPORT: "25" },
      { remote: tcp("192.0.2.7", 4000), local: tcp("192.0.2.1", 25) },
    ],
    [
      { TCPREMOTEIP: "2001:db8::7", TCP6REMOTEIP: "2001:db8::7", TCP6REMOTEPORT: "4000" },
      { remote: tcp("2001:db8::7", 4000) },
    ],
    [{ REMOTE_ADDR: "fe80::1%eth0", REMOTE_PORT: "9" }, { remote: tcp("fe80::1", 9) }],
    [{ REMOTE_HOST: "192.0.2.8" }, { remote: tcp("192.0.2.8", 0) }],
    [{ REMOTE_HOST: "client.example.com" }, undefined],
    [{ TCPREMOTEIP: "", TCPREMOTEPORT: "x" }, undefined],
    [{ TCPREMOTEIP: "192.0.2.7", TCPREMOTEPORT: "4000 or so" }, { remote: tcp("192.0.2.7", 0) }],
    [{}, undefined],
  ];
  for (const [environment, expected] of cases) assert.deepEqual(toldAddresses(environment), expected);
});
