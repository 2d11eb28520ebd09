import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { childrenOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { exchange, signal, TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** In the hook that is named by HOOK, notes that it is there, and waits as long as there is a file "slow" beside it. */
const HANDLER = `import { appendFileSync, existsSync } from "node:fs";
const SLOW = new URL("slow", import.meta.url);
async function wait() {
  appendFileSync(new URL("reached", import.meta.url), process.pid + "\\n");
  while (existsSync(SLOW)) await new Promise((resolve) => setTimeout(resolve, 20));
}
import process from "node:process";
export default { hooks: { [process.env.HOOK]: wait } };
`;
const ARGS = [
  ...["--port", "127.0.0.1:0", "--port", "FOLDER/s.sock|unix"],
  ...["--pid_file", "FOLDER/pid", "--max_servers", "1", "--log_level", "4"],
];

const start = (hook: string) => ({
  ports: 0,
  wait: false,
  handler: "FOLDER/handler.ts",
  files: { "handler.ts": HANDLER, slow: "" },
  env: { HOOK: hook },
});

/** Whether a process listens to a signal already. */
function listens(pid: number, number: number): boolean {
  try {
    const caught = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return (BigInt(`0x${caught}`) >> BigInt(number - 1) & 1n) === 1n;
  } catch {
    return false;
  }
}

async function endsInOrder(server: TestServer): Promise<void> {
  assert.deepEqual(await server.end(), { code: 0, signal: null }, server.text);
  assert.deepEqual(server.remains(), []);
  const made = ["handler.ts", "slow", "reached"];
  assert.deepEqual(readdirSync(server.folder).filter((name) => !made.includes(name)), []);
}

for (const hook of ["configure", "postConfigure", "postBind"]) {
  for (const name of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    test(`${name} while the hook ${hook} waits ends the start in order`, { timeout }, async () => {
      const server = new TestServer(ARGS, start(hook));
      try {
        await until(() => existsSync(join(server.folder, "reached")), "the hook");
        signal(server.pid, name);
        await endsInOrder(server);
        assert.doesNotMatch(server.text, /Listening/);
      } finally {
        server.clear();
      }
    });
  }
}

for (const [name, number] of [["SIGTERM", 15], ["SIGINT", 2], ["SIGQUIT", 3]] as const) {
  test(`${name} as soon as a server listens to it ends it in order`, { timeout }, async () => {
    const server = new TestServer(ARGS, { ports: 0, wait: false });
    try {
      await until(() => listens(server.pid, number), "a listener");
      signal(server.pid, name);
      await endsInOrder(server);
    } finally {
      server.clear();
    }
  });
}

test("a HUP while a server starts makes it restart, once it is up", { timeout }, async () => {
  await withServer(ARGS, start("postBind"), async (server) => {
    await until(() => existsSync(join(server.folder, "reached")), "the hook");
    signal(server.pid, "SIGHUP");
    signal(server.pid, "SIGUSR1");
    signal(server.pid, "SIGTTIN");
    rmSync(join(server.folder, "slow"));
    await server.says(/Listening on/, { times: 2 });
    await server.says(/Increasing max server count \(2\)/);
    assert.equal(server.ended, undefined);
    const [port = 0] = await server.boundPorts(1);
    await exchange(port);
  });
});

for (const name of ["SIGTERM", "SIGQUIT"] as const) {
  test(`${name} while the new program starts after a HUP ends the server in order`, { timeout }, async () => {
    await withServer(ARGS, start("restartOpen"), async (server) => {
      await server.untilReady(1);
      signal(server.pid, "SIGHUP");
      await until(() => existsSync(join(server.folder, "reached")), "the hook in the new program");
      signal(server.pid, name);
      rmSync(join(server.folder, "slow"));
      await endsInOrder(server);
    });
  });
}

test(
  "whoever starts a server in the background may stop that, and nothing is left of it",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const handler = folder.write("handler.ts", HANDLER);
      folder.write("slow", "");
      const port = ["--port", `${folder.file("s.sock")}|unix`];
      const outcome = folder.start([handler, ...port], { env: { HOOK: "postBind" } });
      const pid = Number(await until(() => folder.read("reached"), "the hook"));
      folder.remember(pid);
      const [command = 0] = await until(() => commandsOf(pid), "the command that waits") as number[];
      signal(command, "SIGTERM");
      const { status, stderr } = await outcome;
      assert.equal(status, 69);
      assert.match(
        stderr,
        /^tine: Cannot start the server: it was told to stop \(SIGTERM\) before it listened\n$/,
      );
      assert.deepEqual(childrenOf(pid), []);
      for (const name of ["pid", "s.sock"]) assert.equal(existsSync(folder.file(name)), false, name);
    });
  },
);

/** The process that started another. */
function commandsOf(pid: number): number[] | undefined {
  const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return parent === undefined ? undefined : [Number(parent)];
}

test("on its way through restarts, a stop at any moment ends the server in order", { timeout }, async () => {
  for (let delay = 0; delay < 600; delay += 60) {
    await withServer(ARGS, { ports: 0, wait: false }, async (server) => {
      await server.untilReady(1);
      signal(server.pid, "SIGHUP");
      const sent = performance.now();
      await until(() => performance.now() - sent >= delay, "a moment of the restart");
      signal(server.pid, "SIGTERM");
      await endsInOrder(server);
      assert.doesNotMatch(server.text, /going on with the present configuration/);
    });
  }
});

/** A handler's module that takes for ever, with something that keeps the event loop busy. */
const NEVER_LOADED = `import { appendFileSync } from "node:fs";
appendFileSync(new URL("reached", import.meta.url), "x");
setInterval(() => {}, 1_000_000);
await new Promise(() => {});
`;

for (const name of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
  test(`${name} while a handler is loaded ends the start`, { timeout }, async () => {
    const files = { "handler.ts": NEVER_LOADED };
    await withServer(ARGS, { ...start("none"), files }, async (server) => {
      await until(() => existsSync(join(server.folder, "reached")));
      signal(server.pid, name);
      assert.deepEqual(await server.end(), { code: 0, signal: null }, server.text);
      assert.match(server.text, new RegExp(`Cannot start the server: it was told to stop \\(${name}\\)`));
    });
  });
}
