import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { onBun } from "../support/server.ts";
import { within } from "../support/until.ts";
import { folderOfFile } from "../support/file_folder.ts";

const timeout = 60_000;
const ROOT = new URL("../..", import.meta.url).pathname;
const folder = folderOfFile("check-test-");
mkdirSync(join(folder, "directory"));
writeFileSync(join(folder, "file"), "");
writeFileSync(join(folder, "handler.ts"), "export default () => {};\n");

async function tine(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [...(onBun ? [] : ["run", "-A"]), "cli.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (bytes) => out += bytes);
  child.stderr.on("data", (bytes) => err += bytes);
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  try {
    return { code: await within(end, `the end of tine ${args.join(" ")}; it said ${err}`), out, err };
  } finally {
    child.kill("SIGKILL");
  }
}

function configuration(text: string): string {
  const path = join(folder, "t.conf");
  writeFileSync(path, text.replaceAll("FOLDER", folder));
  return path;
}

const LONG = "x".repeat(120);
const isRoot = process.getuid?.() === 0;

/** The configuration, the status, what is said, and the line and column where that is known. */
const FAULTS: readonly [string, number, RegExp, string?][] = [
  ["user no-such-user", 78, /Cannot set user to "no-such-user": there is no such user; create it/, ":2:6: "],
  [
    "group no-such-group",
    78,
    /Cannot set group to "no-such-group": there is no group "no-such-group"/,
    ":2:7: ",
  ],
  [
    "chroot FOLDER/none",
    78,
    /Cannot set chroot to ".*none": there is no such directory; create it/,
    ":2:8: ",
  ],
  [
    "port 127.0.0.1:nosuchservice",
    69,
    /there is no service "nosuchservice" for tcp in \/etc\/services; give/,
  ],
  ["port 127.0.0.1:20000-20010", 69, /there is no service "20000-20010" for tcp in \/etc\/services; give/],
  ["port FOLDER/none/s.sock|unix", 69, /no such file or directory \(ENOENT\); create its folder, or choose/],
  ["port FOLDER/file/s.sock|unix", 69, /not a directory \(ENOTDIR\); create its folder, or choose/],
  ["port FOLDER/file|unix", 69, /there is a file that is no socket; remove it, or choose another path/],
  [
    `port FOLDER/${LONG}|unix`,
    69,
    /its path has \d+ bytes, and a socket's has at most 107; choose a shorter one/,
  ],
  [
    "log_file FOLDER/directory",
    73,
    /Cannot open log_file ".*directory": is a directory \(EISDIR\); name a file/,
  ],
  [
    "log_file FOLDER/none/log",
    73,
    /Cannot open log_file ".*none\/log": no such file or directory \(ENOENT\); create the directory/,
  ],
  [
    "pid_file FOLDER/none/pid",
    73,
    /Cannot create pid_file ".*none\/pid": no such file or directory \(ENOENT\); create/,
  ],
  ["serialize flock\nlock_file FOLDER/none/lock", 73, /Cannot create lock_file ".*none\/lock": /],
  ["server_type Multiplex", 78, /Cannot run Multiplex: the handler has no mux; export one/],
];

for (const [text, code, message, place] of FAULTS) {
  test(
    `check refuses "${text.slice(0, 40)}" with status ${code}, as the start does`,
    { timeout },
    async () => {
      const path = configuration(`port 127.0.0.1:0\n${text}\n`);
      const files = readdirSync(folder);
      const args = [join(folder, "handler.ts"), "--max_servers", "1"];
      const checked = await tine("check", path, ...args);
      assert.match(checked.err, message);
      assert.match(checked.err, /^tine: [^\n]+\n$/, "one line");
      assert.deepEqual({ code: checked.code, out: checked.out }, { code, out: "" });
      if (place !== undefined) assert.ok(checked.err.startsWith(`tine: ${path}${place}`), checked.err);
      assert.deepEqual(readdirSync(folder), files, "nothing was made");
      const started = await tine(...args, "--conf_file", path);
      assert.equal(started.code, code, started.err);
    },
  );
}

test(
  "check as somebody else than root refuses chroot, as the start does",
  { timeout, skip: isRoot },
  async () => {
    const { code, err } = await tine("check", configuration("chroot FOLDER/directory\n"));
    assert.equal(code, 77);
    assert.match(err, /only root can; start as root, or remove it/);
  },
);

test(
  "check tells that a port is taken, unless the server has it whose pid file is named",
  { timeout },
  async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const path = configuration(`port 127.0.0.1:${port}\nmax_servers 1\npid_file FOLDER/taken.pid\n`);
    const note = new RegExp(
      `A start would fail now: ${path}:1:6: Cannot bind 127\\.0\\.0\\.1:${port} .*EADDRINUSE`,
    );
    const checked = await tine("check", path);
    assert.equal(checked.code, 0, "no fault of the configuration");
    assert.match(checked.err, note);
    assert.match(JSON.parse((await tine("check", path, "--json")).out).notes[0], note);
    assert.equal(
      (await tine("restart", "--conf_file", path)).code,
      69,
      "a restart would stop the server in vain",
    );
    other.close();
    await once(other, "close");
    assert.equal((await tine("check", path)).err, "");
    const started = await tine("start", "--conf_file", path);
    assert.equal(started.code, 0, started.err);
    try {
      assert.equal(started.err.match(/log_file is not set: the log is lost/g)?.length, 1, started.err);
      assert.deepEqual((await tine("check", path)).err, "");
    } finally {
      assert.equal((await tine("stop", "--conf_file", path)).code, 0);
    }
  },
);

test("check refuses an address that is none of this machine", { timeout }, async () => {
  for (const port of ["20203", "0", "20203/udp"]) {
    const { code, err } = await tine("check", configuration(`port 192.0.2.1:${port}\n`));
    assert.equal(code, 69, port);
    assert.match(err, /Cannot bind 192\.0\.2\.1:\d+ .*EADDRNOTAVAIL\); give an address of this machine/);
  }
});

test("check takes what a start would take, and makes nothing of it", { timeout }, async () => {
  const path = configuration(
    "port 127.0.0.1:0\nport localhost:postgresql\nport FOLDER/s.sock|unix\nlog_file FOLDER/log\npid_file FOLDER/pid\n" +
      "lock_file FOLDER/lock\nuser 0\ngroup root\nmax_servers 1\n",
  );
  const files = readdirSync(folder);
  const { code, out, err } = await tine("check", path);
  assert.equal(code, 0, err);
  assert.match(out, /^max_servers = 1/m);
  assert.deepEqual(readdirSync(folder), files);
  // Without a handler it is not known whether that could serve many clients at once.
  assert.equal((await tine("check", configuration("server_type Multiplex\n"))).code, 0);
});
