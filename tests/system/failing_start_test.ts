import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { closeFd } from "../../lib/os/descriptor.ts";
import { listenOn } from "../../lib/os/socket.ts";
import { timeout } from "../support/limits.ts";
import { fixture, signal, type StartOptions, TestServer, withServer } from "../support/server.ts";

/** Starts a server that must not come up, and checks what it says and that nothing is left of it. */
async function fails(
  args: readonly string[],
  wanted: { code: number; message: RegExp },
  options: StartOptions = {},
): Promise<void> {
  const server = new TestServer([...args, "--max_servers", "1"], { ports: 0, ...options });
  try {
    assert.deepEqual(await server.end(), { code: wanted.code, signal: null }, server.text);
    await server.says(/(?:^|\n)tine: .*\n/); // its last words may come after its end
    const lines = server.text.split("\n").filter((line) =>
      line.includes("Cannot") || line.startsWith("tine: ")
    );
    assert.equal(lines.length, 1, server.text);
    assert.match(lines[0] as string, wanted.message);
    assert.doesNotMatch(server.text, /^\s+at /m);
    assert.deepEqual(server.remains(), []);
    const made = ["keep", "t.conf", "t.toml"];
    assert.deepEqual(readdirSync(server.folder).filter((name) => !made.includes(name)), []);
  } finally {
    server.clear();
  }
}

// What comes before the port that fails: it must be given up with the rest.
const BEFORE = [
  "--port",
  "127.0.0.1:0",
  "--port",
  "FOLDER/first.sock|unix",
  "--port",
  "FOLDER/second.sock|unixdgram",
];

test("a port that is taken, of any protocol, is told with its place and status 69", { timeout }, async () => {
  const tcp = createServer();
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const udp = createSocket("udp4");
  await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
  try {
    const { port } = tcp.address() as AddressInfo;
    await fails([...BEFORE, "--port", `127.0.0.1:${port}`], {
      code: 69,
      message: new RegExp(
        `^tine: command line:7: Cannot bind 127\\.0\\.0\\.1:${port} \\(port "127.*: address already in use ` +
          `\\(EADDRINUSE\\); stop the other server or choose another port$`,
      ),
    });
    const { port: other } = udp.address();
    await fails([...BEFORE, "--port", `127.0.0.1:${other}/udp`], {
      code: 69,
      message: new RegExp(`^tine: command line:7: Cannot bind 127\\.0\\.0\\.1:${other} .*EADDRINUSE`),
    });
  } finally {
    tcp.close();
    udp.close();
  }
});

test("a fault of a port in a file is told with file, line and column", { timeout }, async () => {
  const files = {
    "t.conf": "max_requests 5\nport FOLDER/first.sock|unix\nport no-such-host.invalid:80\n",
    "t.toml": `port = ["FOLDER/first.sock|unix", "FOLDER/none/second.sock|unix"]\n`,
  };
  await fails(["--conf_file", "FOLDER/t.conf"], {
    code: 69,
    message:
      /^tine: .*\/t\.conf:3:6: Cannot bind port "no-such-host\.invalid:80": the host "no-such-host\.invalid" cannot be resolved \(.*\); check its name, or give an address$/,
  }, { files });
  await fails(["--conf_file", "FOLDER/t.toml"], {
    code: 69,
    message:
      /^tine: .*\/t\.toml:1:\d+: Cannot bind .*\/none\/second\.sock .*ENOENT\); create its folder, or choose another path$/,
  }, { files });
});

test("a path that is too long, or taken by something else, is told", { timeout }, async () => {
  await fails([...BEFORE, "--port", `FOLDER/${"x".repeat(120)}.sock|unix`], {
    code: 69,
    message:
      /^tine: command line:7: Cannot bind .*: its path has \d+ bytes, and a socket's has at most \d+; choose a shorter one$/,
  });
  await fails([...BEFORE, "--port", "FOLDER/keep|unix"], {
    code: 69,
    message:
      /^tine: command line:7: Cannot bind .*\/keep .*: there is a file that is no socket; remove it, or choose another path$/,
  }, { files: { keep: "precious" } });
});

const noSetpriv = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0
  ? false
  : "no setpriv, or not root";
/** Runs a program without a right that root has. */
const without = (capability: string) => ["setpriv", `--bounding-set=-${capability}`];

test("a privileged port without the right is told with status 77", { timeout, skip: noSetpriv }, async () => {
  for (const port of ["127.0.0.1:79", "127.0.0.1:79/udp"]) {
    await fails([...BEFORE, "--port", port], {
      code: 77,
      message:
        /^tine: command line:7: Cannot bind 127\.0\.0\.1:79 .*permission denied \(EACCES\); start as root, give the program CAP_NET_BIND_SERVICE, or choose a port from 1024 on$/,
    }, { wrapper: without("net_bind_service") });
  }
});

test(
  "a socket's folder that may not be written is told with status 77",
  { timeout, skip: noSetpriv },
  async () => {
    const wrapper = without("dac_override");
    await fails([...BEFORE, "--port", "FOLDER/keep/third.sock|unix"], {
      code: 77,
      message:
        /^tine: command line:7: Cannot bind .*third\.sock .*EACCES\); give this user the right to write in its folder, or choose another path$/,
    }, {
      wrapper,
      prepare: (folder) => {
        mkdirSync(join(folder, "keep"), { mode: 0o555 });
      },
    });
  },
);

test("whatever ends the start after the ports are bound, no socket's file is left", { timeout }, async () => {
  for (const hook of ["postBind", "preLoop", "runNChildren"]) {
    const server = new TestServer([...BEFORE, "--max_servers", "1"], {
      ports: 0,
      handler: fixture("throwing.ts"),
      env: { THROW: hook },
    });
    try {
      assert.deepEqual(await server.end(), { code: 1, signal: null });
      await server.says(new RegExp(`The hook ${hook} threw Error: on purpose`));
      assert.deepEqual(readdirSync(server.folder), [], hook);
      assert.deepEqual(server.remains(), []);
    } finally {
      server.clear();
    }
  }
  await fails([...BEFORE, "--lock_file", "FOLDER/none/lock"], {
    code: 73,
    message: /^tine: Cannot create lock_file/,
  });
});

test("a hook that closes the server before it serves leaves no socket's file", { timeout }, async () => {
  const server = new TestServer([...BEFORE, "--max_servers", "1"], {
    ports: 0,
    handler: fixture("close_at_bind.ts"),
  });
  try {
    assert.deepEqual(await server.end(), { code: 7, signal: null });
    assert.deepEqual(readdirSync(server.folder), []);
  } finally {
    server.clear();
  }
});

test("a file that may no longer be removed is told of at the end, and replaced by the next start", {
  timeout,
  skip: noSetpriv,
}, async () => {
  const options: StartOptions = {
    ports: 0,
    wrapper: without("dac_override"),
    prepare: (folder) => mkdirSync(join(folder, "keep")),
  };
  const args = ["--port", "FOLDER/keep/s.sock|unix", "--max_servers", "1", "--log_level", "4"];
  await withServer(args, options, async (server) => {
    await server.untilReady(1);
    chmodSync(join(server.folder, "keep"), 0o555);
    signal(server.pid, "SIGTERM");
    assert.deepEqual(await server.end(), { code: 0, signal: null });
    await server.says(
      /Cannot remove the socket file ".*s\.sock": .*EACCES.*; the next start will replace it/,
    );
    chmodSync(join(server.folder, "keep"), 0o755);
    await withServer(
      args.map((word) => word.replace("FOLDER", server.folder)),
      { ports: 0 },
      async (next) => {
        await next.untilReady(1);
      },
    );
    assert.deepEqual(readdirSync(join(server.folder, "keep")), []);
  });
});

test("a HUP with a new port that is taken leaves the server as it is", { timeout }, async () => {
  const files = { "t.conf": "port FOLDER/s.sock|unix\n" };
  const args = ["--conf_file", "FOLDER/t.conf", "--max_servers", "1", "--log_level", "4"];
  await withServer(args, { ports: 0, files }, async (server) => {
    const [child] = await server.untilReady(1);
    const path = `${server.folder}/other.sock`;
    const fd = listenOn({ transport: "unix", hostname: "", port: 0, path }, { backlog: 1, v6Only: false });
    const descriptors = server.descriptors();
    const ports = ["s.sock", "third.sock", "other.sock"].map((name) =>
      `port ${server.folder}/${name}|unix\n`
    );
    writeFileSync(`${server.folder}/t.conf`, ports.join(""));
    signal(server.pid, "SIGHUP");
    await server.says(
      /Cannot restart: .*t\.conf:3:6: Cannot bind .*other\.sock .*EADDRINUSE.*; going on with the present configuration/,
    );
    assert.deepEqual(server.ready(), [child]);
    assert.equal(server.descriptors(), descriptors);
    assert.deepEqual(readdirSync(server.folder).toSorted(), ["other.sock", "s.sock", "t.conf"]);
    // Once it is free, another HUP has its way: the ports that were opened for it are those that are served.
    closeFd(fd);
    signal(server.pid, "SIGHUP");
    await server.says(/Parent ready for children/, { times: 2 });
    assert.equal(server.count(/Reassociating file descriptor/), 3);
    await server.untilReady(1);
    await server.stop();
    assert.deepEqual(readdirSync(server.folder), ["t.conf"]);
  });
});

test(
  "what nothing catches while the server starts ends it, before it serves, and nothing is left",
  { timeout },
  async () => {
    const args = ["--port", "FOLDER/s.sock|unix", "--pid_file", "FOLDER/pid", "--max_servers", "1"];
    const server = new TestServer(args, { ports: 0, handler: fixture("uncaught_at_start.ts") });
    try {
      assert.deepEqual(await server.end(), { code: 1, signal: null }, server.text);
      await server.says(/(?:^|\n)tine: Uncaught Error: nobody catches this/);
      assert.doesNotMatch(server.text, /Listening on/);
      assert.deepEqual(server.remains(), []);
      assert.deepEqual(readdirSync(server.folder), []);
    } finally {
      server.clear();
    }
  },
);
