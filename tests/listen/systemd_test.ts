import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { closeListeners, listen } from "../../lib/listen/listen.ts";
import type { Target } from "../../lib/listen/resolve.ts";
import { isSocketFor, parseListenVariables } from "../../lib/listen/systemd.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { reap, spawn } from "../../lib/os/process.ts";
import { libc } from "../../lib/os/calls.ts";
import { bindStream, localAddress } from "../../lib/os/socket.ts";
import { runtime } from "../../lib/runtime/choose.ts";
import { timeout } from "../support/limits.ts";
import { until } from "../support/until.ts";

test("parseListenVariables numbers the descriptors from 3 on and names them", () => {
  const pid = "77";
  assert.deepEqual(parseListenVariables({ pid, fds: "2", names: "web:" }, 77), [
    { fd: 3, name: "web" },
    { fd: 4, name: "unknown" },
  ]);
  assert.deepEqual(parseListenVariables({ pid, fds: "1", names: undefined }, 77), [{
    fd: 3,
    name: "unknown",
  }]);
  for (
    const variables of [
      { pid: "78", fds: "1", names: "web" },
      { pid: undefined, fds: "1", names: "web" },
      { pid, fds: undefined, names: "web" },
      { pid, fds: "many", names: "web" },
      { pid, fds: "-1", names: "web" },
      { pid, fds: "0", names: "" },
    ]
  ) assert.deepEqual(parseListenVariables(variables, 77), [], JSON.stringify(variables));
});

test("isSocketFor compares kind and address", () => {
  const address = { transport: "tcp", hostname: "127.0.0.1", port: 80 } as const;
  const target: Target = { proto: "tcp", address, ipv: "4", v6Only: true };
  assert.equal(isSocketFor({ address, kind: "stream" }, target), true);
  assert.equal(isSocketFor({ address, kind: "datagram" }, target), false);
  assert.equal(isSocketFor({ address, kind: "datagram" }, { ...target, proto: "udp" }), true);
  assert.equal(isSocketFor({ address: { ...address, port: 81 }, kind: "stream" }, target), false);
  assert.equal(isSocketFor({ address: { ...address, hostname: "::1" }, kind: "stream" }, target), false);
  const path = { transport: "unix", hostname: "", port: 0, path: "/x" } as const;
  const unix: Target = { proto: "unix", address: path, ipv: "*", v6Only: false };
  assert.equal(isSocketFor({ address: path, kind: "stream" }, unix), true);
  assert.equal(isSocketFor({ address: { ...path, path: "/y" }, kind: "stream" }, unix), false);
  assert.equal(isSocketFor({ address: path, kind: "stream" }, target), false);
});

const noBash = spawnSync("bash", ["-c", ":"]).status === 0 ? false : "no bash to number descriptors";

test("a program takes the sockets of systemd that it asks for, and closes the others", {
  skip: noBash,
  timeout,
}, async () => {
  const { listeners } = await listen({
    config: { port: ["127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0/udp"], host: [], proto: [], ipv: [] },
    origins: new Map([["port", []]]),
    inherited: [],
    log: () => {},
  });
  const [wanted, unwanted, datagrams] = listeners as [
    typeof listeners[0],
    typeof listeners[0],
    typeof listeners[0],
  ];
  const bound = bindStream({ transport: "tcp", hostname: "127.0.0.1", port: 0 }, { v6Only: true });
  const output = createPipe();
  const fds = [unwanted.fd, wanted.fd, datagrams.fd, bound];
  // Out of the way first: a descriptor that is handed down may have one of the numbers from 3 on.
  const moves = fds.map((fd, i) => `exec ${100 + i}<&${fd}`).concat(
    `exec 110>&${output.write} >&110`,
    fds.map((_, i) => `exec ${3 + i}<&${100 + i} ${100 + i}<&-`),
  );
  const program = [runtime.executable, ...(runtime.name === "deno" ? ["run", "-A", "--no-check"] : [])];
  const file = fileURLToPath(new URL("fixtures/systemd_child.ts", import.meta.url));
  const ports = [`127.0.0.1:${wanted.address.port}`, `127.0.0.1:${datagrams.address.port}/udp`];
  const command = [...program, file, ...ports].map((word) => `'${word}'`).join(" ");
  const pid = spawn({
    path: "/bin/bash",
    argv: ["bash", "-c", `${moves.join("; ")}; export LISTEN_PID=$$; exec ${command}`],
    environment: {
      ...process.env,
      LISTEN_FDS: "4",
      LISTEN_FDNAMES: "spare:web:dns:bound",
      DENO_NO_PACKAGE_JSON: "1",
    },
  }, { inherit: [...fds, output.write], heldBack: [] });
  closeFd(output.write);
  assert.deepEqual(await until(() => reap(pid), "the program's end"), { pid, code: 0 });
  const bytes = new Uint8Array(65536);
  const text = new TextDecoder().decode(bytes.subarray(0, libc.read(output.read, bytes, bytes.length)));
  const result = JSON.parse(text) as { fds: number[]; lines: string[]; left: string[] };
  assert.deepEqual(result.fds, [4, 5]);
  assert.deepEqual(result.left, []);
  assert.ok(
    result.lines.includes("Not using the descriptor 6 (bound) of systemd: it is not a listening socket"),
  );
  assert.ok(
    result.lines.includes(`Closing un-mapped port (spare: 127.0.0.1:${unwanted.address.port}) on fd 3`),
  );
  assert.equal(localAddress(bound).hostname, "127.0.0.1");
  closeFd(bound);
  closeFd(output.read);
  closeListeners(listeners);
});
