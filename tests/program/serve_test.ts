import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Address,
  BindError,
  ConfigError,
  type PartialConfig,
  serve,
  TineError,
  UsageError,
} from "../../mod.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { isRunning } from "../../lib/os/process_state.ts";
import { childrenOf, notRoot } from "../support/daemon.ts";
import { Client, onBun } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const SHOUT = new URL("fixtures/shout.ts", import.meta.url);
const QUIET: PartialConfig = { port: "127.0.0.1:0", maxServers: 2, logLevel: 0, stopTimeout: 1000 };
const folder = folderOfFile("tine-serve-");

/** The port of the first address. */
function portOf({ addresses }: { readonly addresses: readonly Address[] }): number {
  return addresses[0]?.port ?? 0;
}

/** Says a word to the server at `port`, and returns the child's process id and what it answers. */
async function shout(port: number, word: string): Promise<{ pid: number; text: string }> {
  const client = new Client(port);
  client.say(word);
  const [pid, text = ""] = (await client.line()).split(" ");
  client.close();
  return { pid: Number(pid), text };
}

/** What a promise was rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await within(promise.then(() => assert.fail("it was resolved"), (error) => error));
}

test("a server for the calling program: its address, its children, a reload, one child more, its end", {
  timeout,
}, async () => {
  const told: Address[] = [];
  const server = await serve(SHOUT, { ...QUIET, own: { sign: "?" } }, {
    onListen: (address) => told.push(address),
  });
  assert.deepEqual(server.addresses, told);
  const { hostname, transport } = server.addresses[0] as Address;
  assert.deepEqual({ hostname, transport }, { hostname: "127.0.0.1", transport: "tcp" });
  const first = await shout(portOf(server), "hello");
  assert.equal(first.text, "HELLO?");
  assert.notEqual(first.pid, server.pid);

  await server.scale(1);
  const { pid, servedBy, children, personality } = server.status();
  assert.deepEqual({ pid, servedBy, personality }, {
    pid: server.pid,
    servedBy: "3 children",
    personality: "PreForkSimple",
  });
  assert.ok(children.some((child) => child.pid === first.pid));
  await server.scale(-1);
  assert.equal(server.status().servedBy, "2 children");
  await server.scale(-1);
  await assert.rejects(server.scale(-1), TineError);
  // Nothing is asked for, and so nothing is refused.
  await server.scale(0);
  await server.scale(1);

  await within(server.reload());
  assert.equal(server.status().totals?.reloads, 1);
  // What the call gave is in force again.
  const second = await shout(portOf(server), "again");
  assert.equal(second.text, "AGAIN?");
  assert.notEqual(second.pid, first.pid);

  await within(server.stop());
  assert.deepEqual(await server.finished, { code: 0, signal: null });
  await assert.rejects(shout(portOf(server), "gone"));
  await server.stop();
  assert.throws(() => server.status(), TineError);
  assert.ok(await rejection(server.reload()) instanceof TineError);
});

test("several servers in one program, each stopped at the end of its block", { timeout }, async () => {
  let ends: readonly Promise<unknown>[];
  {
    await using one = await serve(SHOUT, QUIET);
    await using other = await serve(fileURLToPath(SHOUT), { ...QUIET, own: { sign: "." } });
    assert.equal((await shout(portOf(one), "a")).text, "A!");
    assert.equal((await shout(portOf(other), "b")).text, "B.");
    ends = [one.finished, other.finished];
  }
  assert.deepEqual(await Promise.all(ends), [{ code: 0, signal: null }, { code: 0, signal: null }]);
});

test("without a handler there is the echo, or a program for each client", { timeout }, async () => {
  await using echo = await serve(undefined, QUIET);
  const client = new Client(portOf(echo));
  await client.welcome();
  client.close();
  await using exec = await serve(undefined, { ...QUIET, exec: ["/bin/echo", "from a program"] });
  assert.equal(await new Client(portOf(exec)).rest(), "from a program\n");
});

test("the handler may be named by an option, in code or in a file", { timeout }, async () => {
  const path = SHOUT.pathname;
  await using inCode = await serve(undefined, { ...QUIET, handler: path });
  const file = join(folder, "named.toml");
  writeFileSync(
    file,
    `port = "127.0.0.1:0"\nmax_servers = 1\nlog_level = 0\nhandler = ${JSON.stringify(path)}\n`,
  );
  await using inFile = await serve(undefined, { confFile: file });
  for (const server of [inCode, inFile]) {
    const client = new Client(portOf(server));
    client.say("hello");
    assert.match(await client.line(), /^\d+ HELLO!$/);
    client.close();
  }
  writeFileSync(file, 'handler = "./none.ts"\n');
  const missing = await rejection(serve(undefined, { confFile: file }));
  assert.match((missing as Error).message, /named\.toml:1:11: Cannot load handler .*none\.ts: no such file/);
});

test("what is wrong is thrown as what it is, and where", { timeout }, async () => {
  const file = join(folder, "wrong.toml");
  writeFileSync(file, 'port = "127.0.0.1:0"\nmax_servers = 0\n');
  const inFile = await rejection(serve(SHOUT, { confFile: file }));
  assert.ok(inFile instanceof ConfigError);
  assert.deepEqual(inFile.place, { source: file, line: 2, column: 15 });
  assert.equal(inFile.option, "max_servers");
  assert.match(inFile.message, /wrong\.toml:2:15: Cannot set max_servers to "0"/);

  const inCode = await rejection(serve(SHOUT, { ...QUIET, maxServers: -1 }));
  assert.ok(inCode instanceof ConfigError);
  assert.deepEqual(inCode.place, { source: "code" });

  await using server = await serve(SHOUT, QUIET);
  const taken = await rejection(serve(SHOUT, { ...QUIET, port: `127.0.0.1:${portOf(server)}` }));
  assert.ok(taken instanceof BindError);
  assert.equal(taken.address, `127.0.0.1:${portOf(server)}`);

  const missing = await rejection(serve("./no_such_handler.ts", QUIET));
  assert.ok(missing instanceof TineError);
  assert.match((missing as Error).message, /Cannot load handler .*no_such_handler\.ts: no such file/);

  const broken = join(folder, "broken.ts");
  writeFileSync(broken, "export default () => {};\nlet x = ;\n");
  const unread = await rejection(serve(broken, QUIET));
  assert.ok(unread instanceof TineError);
  assert.match(unread.message, /broken\.ts:2:\d+/);

  for (
    const [option, config] of [["background", { background: true }], ["server_type", {
      serverType: ["INET"],
    }]] as const
  ) {
    const refused = await rejection(serve(SHOUT, { ...QUIET, ...config }));
    assert.ok(refused instanceof ConfigError, String(refused));
    assert.equal(refused.option, option);
    assert.deepEqual(refused.place, { source: "code" });
  }
  const inSetFile = join(folder, "setsid.toml");
  writeFileSync(inSetFile, "\nsetsid = true\n");
  const refused = await rejection(serve(SHOUT, { ...QUIET, confFile: inSetFile }));
  assert.ok(refused instanceof ConfigError);
  assert.deepEqual(refused.place, { source: inSetFile, line: 2, column: 10 });
});

test(
  "a function is refused, and so is a module that would start itself without end",
  { timeout },
  async () => {
    const refused = await rejection(serve((() => {}) as unknown as URL, QUIET));
    assert.ok(refused instanceof UsageError);
    assert.match(refused.message, /Cannot serve a value of type function: .*new URL\(/);
    for (const [handler, config] of [[null, QUIET], [SHOUT, null]]) {
      assert.ok(await rejection(serve(handler as URL, config as PartialConfig)) instanceof UsageError);
    }
    const endless = await rejection(serve(new URL("fixtures/serves_itself.ts", import.meta.url), QUIET));
    assert.ok(endless instanceof TineError);
    assert.match(endless.message, /this module is the handler/);
    const inOption = await rejection(serve(SHOUT, { ...QUIET, name: (() => "x") as unknown as string }));
    assert.ok(inOption instanceof UsageError);
  },
);

test("an abort stops a server, and a start", { timeout }, async () => {
  const stop = new AbortController();
  const server = await serve(SHOUT, QUIET, { signal: stop.signal });
  stop.abort();
  assert.deepEqual(await within(server.finished), { code: 0, signal: null });

  assert.equal(await rejection(serve(SHOUT, QUIET, { signal: AbortSignal.abort("before") })), "before");

  // It never comes up: its module waits for longer than the test.
  const slow = join(folder, "slow.ts");
  const marker = join(folder, "begun");
  writeFileSync(
    slow,
    `import { existsSync, writeFileSync } from "node:fs";
    writeFileSync(${JSON.stringify(marker)}, "");
    await new Promise((done) => setTimeout(done, 1e9));
    export default () => {};`,
  );
  const early = new AbortController();
  const starting = serve(slow, QUIET, { signal: early.signal });
  const rejected = rejection(starting);
  await until(() => existsSync(marker), "the handler's module");
  early.abort("too slow");
  assert.equal(await rejected, "too slow");
});

test("a graceful stop finishes the clients", { timeout }, async () => {
  const server = await serve(SHOUT, QUIET);
  const client = new Client(portOf(server));
  client.say("one");
  await client.line();
  const stopped = server.stop({ graceful: true });
  client.say("two");
  assert.match(await client.line(), /TWO!/);
  client.close();
  await within(stopped);
  assert.deepEqual(await server.finished, { code: 0, signal: null });
});

test("the end of a server that was killed is told", { timeout }, async () => {
  await using server = await serve(SHOUT, QUIET);
  process.kill(server.pid, "SIGKILL");
  assert.deepEqual(await within(server.finished), { code: null, signal: "SIGKILL" });
});

const linux = process.platform === "linux" ? false : "Linux alone tells a process of its parent's end";

const callers: ChildProcess[] = [];

/** Runs the fixture that starts a server, and returns that server's process id and port. */
async function startCaller(
  config: PartialConfig,
  ...words: string[]
): Promise<{ caller: ChildProcess; pid: number; port: number }> {
  const path = fileURLToPath(new URL("fixtures/caller.ts", import.meta.url));
  const caller = spawn(process.execPath, [
    ...(onBun ? [] : ["run", "-A"]),
    path,
    JSON.stringify(config),
    ...words,
  ], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  callers.push(caller);
  const [line] = await within(once(caller.stdout, "data")) as [Uint8Array];
  const [pid, port] = new TextDecoder().decode(line).trim().split(" ");
  return { caller, pid: Number(pid), port: Number(port) };
}

after(() => {
  for (const caller of callers) caller.kill("SIGKILL");
});

/** Kills the program, and waits for the end of the server that it has started. */
async function killCaller({ caller, pid }: { caller: ChildProcess; pid: number }): Promise<void> {
  const children = childrenOf(pid);
  assert.ok(children.length > 0);
  caller.kill("SIGKILL");
  await until(() => ![pid, ...children].some(isRunning), "the end of the server and its children");
}

test("a program that is killed leaves no server behind", { timeout, skip: linux }, async () => {
  const started = await startCaller(QUIET);
  assert.equal((await shout(started.port, "a")).text, "A!");
  await killCaller(started);
});

test("nor does it when the server has become another user", { timeout, skip: linux || notRoot }, async () => {
  await killCaller(await startCaller({ ...QUIET, user: "nobody" }));
});

test("nor does it when the server was reloaded", { timeout, skip: linux }, async () => {
  const started = await startCaller(QUIET);
  const [before = 0] = childrenOf(started.pid);
  process.kill(started.pid, "SIGHUP");
  await until(() => !isRunning(before), "the reload");
  await killCaller(started);
});

test("nor does a program that exits without a stop", { timeout, skip: linux }, async () => {
  const { caller, pid } = await startCaller(QUIET, "exit");
  if (caller.exitCode === null) await within(once(caller, "exit"));
  await until(() => !isRunning(pid), "the end of the server");
});

test(
  "on Deno the handler has the import map of its own folder",
  { timeout, skip: onBun && "Bun has none" },
  async () => {
    writeFileSync(join(folder, "deno.json"), '{ "imports": { "greeting": "./greeting.ts" } }');
    writeFileSync(join(folder, "greeting.ts"), 'export default "welcome\\r\\n";');
    writeFileSync(
      join(folder, "mapped.ts"),
      'import text from "greeting";\nexport default (c: any) => c.print(text);\n',
    );
    await using server = await serve(join(folder, "mapped.ts"), QUIET);
    assert.equal(await new Client(portOf(server)).line(), "welcome");
  },
);
