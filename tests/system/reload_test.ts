import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { childrenOf, type DaemonFolder, statOf, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { Client, exchange, onBun, signal } from "../support/server.ts";
import { until } from "../support/until.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

function configure(folder: DaemonFolder, lines: readonly string[]): string {
  return folder.write("tine.conf", `${lines.join("\n")}\n`);
}

/** Clients without a pause, until they are told to stop; the result is what went wrong. */
function load(port: number): { served: () => number; stop: () => Promise<unknown[]> } {
  const failures: unknown[] = [];
  let served = 0;
  let over = false;
  const clients = Array.from({ length: 6 }, async () => {
    while (!over) {
      try {
        await exchange(port);
        served++;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  return {
    served: () => served,
    stop: async () => {
      over = true;
      await Promise.all(clients);
      return failures;
    },
  };
}

async function isRefused(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.on("error", () => resolve(true));
  });
}

test("HUP adds and removes ports under load: the kept one refuses nobody", { timeout }, async () => {
  await withFolder(async (folder) => {
    const conf = configure(folder, ["port 127.0.0.1:0", "max_servers 3"]);
    assert.equal((await folder.start(["--conf_file", conf])).status, 0);
    const { pid } = folder;
    const [kept = 0] = folder.ports;
    let children = await folder.children(3);
    const clients = load(kept);
    // One more.
    configure(folder, ["port 127.0.0.1:0", "port localhost:0/tcp/IPv4", "max_servers 3"]);
    signal(pid, "SIGHUP");
    children = await folder.children(3, children);
    assert.match(folder.log, /Added new port configuration/);
    const added = folder.port;
    assert.notEqual(added, kept);
    await exchange(added);
    // And away with it.
    configure(folder, ["port 127.0.0.1:0", "max_servers 2"]);
    signal(pid, "SIGHUP");
    await folder.children(2, children);
    assert.match(folder.log, /Closing un-mapped port/);
    await until(() => isRefused(added), 10_000, "the end of the port that was removed");
    const before = clients.served();
    await until(() => clients.served() > before + 20, "clients after both restarts");
    assert.deepEqual(await clients.stop(), []);
    assert.equal(folder.pid, pid);
    await folder.stop();
  });
});

test(
  "HUP with a typo in the file: the old server goes on, and says what and where",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const conf = configure(folder, ["port 127.0.0.1:0", "max_servers 2"]);
      assert.equal((await folder.start(["--conf_file", conf])).status, 0);
      const children = await folder.children(2);
      const clients = load(folder.port);
      configure(folder, ["port 127.0.0.1:0", "max_servrs 2"]);
      signal(folder.pid, "SIGHUP");
      await folder.says(
        /Cannot restart: .*tine\.conf:2:1: Cannot set "max_servrs": .*; the nearest is "max_servers".*; going on/,
      );
      assert.deepEqual(childrenOf(folder.pid).toSorted(), children.toSorted());
      assert.deepEqual(await clients.stop(), []);
      // The command finds it too, without a signal.
      const { status, stderr } = await folder.run([
        "reload",
        "--conf_file",
        conf,
        "--pid_file",
        folder.file("pid"),
      ]);
      assert.equal(status, 78);
      assert.match(stderr, /tine\.conf:2:1: Cannot set "max_servrs"/);
      // Corrected, it is taken.
      configure(folder, ["port 127.0.0.1:0", "max_servers 1"]);
      signal(folder.pid, "SIGHUP");
      await folder.children(1, children);
      await folder.stop();
    });
  },
);

const FAULTS: readonly [string, readonly string[], RegExp][] = [
  ["a user that there is not", ["user no_such_user"], /Cannot set user to "no_such_user"/],
  ["a log file in a folder that there is not", ["log_file /no/such/log"], /Cannot open log_file/],
  ["a pid file in a folder that there is not", ["pid_file /no/such/pid"], /Cannot create pid_file/],
  ["a port that cannot be understood", ["port 127.0.0.1:99999"], /Cannot bind port "127.0.0.1:99999"/],
  ["a personality without children", ["server_type Single"], /Cannot become Single by a reload/],
  ["a personality without ports", ["server_type INET"], /Cannot become INET by a reload/],
];

test("HUP with what would fail later than the reading of options is refused too", { timeout }, async () => {
  await withFolder(async (folder) => {
    const own = ["setsid 1", "log_level 4", "max_servers 1"];
    const files = [`pid_file ${folder.file("pid")}`, `log_file ${folder.file("log")}`];
    const conf = configure(folder, ["port 127.0.0.1:0", ...own, ...files]);
    assert.equal((await folder.run(["--conf_file", conf])).status, 0);
    folder.remember(folder.pid);
    const children = await folder.children(1);
    for (const [title, lines, line] of FAULTS) {
      const kept = [...files, "port 127.0.0.1:0"].filter((text) =>
        !lines.some((fault) => text.split(" ")[0] === fault.split(" ")[0])
      );
      configure(folder, [...own, ...kept, ...lines]);
      signal(folder.pid, "SIGHUP");
      await folder.says(new RegExp(`Cannot restart: .*${line.source}.*; going on with the present`));
      assert.deepEqual(childrenOf(folder.pid), children, title);
    }
    await exchange(folder.port);
    await folder.stop();
  });
});

test("HUP with a handler that cannot be loaded any more is refused", { timeout }, async () => {
  await withFolder(async (folder) => {
    const handler = folder.write("handler.ts", "export default async () => {};\n");
    assert.equal((await folder.start([handler, "--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
    const children = await folder.children(1);
    folder.write("handler.ts", "export default async ( => {};\n");
    signal(folder.pid, "SIGHUP");
    await folder.says(/Cannot restart: Cannot load handler \S+: .*; going on with the present configuration/);
    assert.deepEqual(childrenOf(folder.pid), children);
    await folder.stop();
  });
});

test("HUP takes another pid file, and leaves none behind", { timeout }, async () => {
  await withFolder(async (folder) => {
    const lines = [
      "port 127.0.0.1:0",
      "max_servers 1",
      "setsid 1",
      "log_level 4",
      `log_file ${folder.file("log")}`,
    ];
    const conf = configure(folder, [...lines, `pid_file ${folder.file("first")}`]);
    assert.equal((await folder.run(["--conf_file", conf])).status, 0);
    const pid = Number(folder.read("first"));
    folder.remember(pid);
    configure(folder, [...lines, `pid_file ${folder.file("pid")}`]);
    signal(pid, "SIGHUP");
    await until(() => folder.pid === pid, "the new pid file");
    await until(() => folder.read("first") === "", "the end of the old pid file");
    await folder.children(1);
    await folder.stop();
  });
});

test("a stop during a restart that is tried ends the server", { timeout }, async () => {
  await withFolder(async (folder) => {
    // The program takes its time when it is started to try.
    const handler = folder.write(
      "handler.ts",
      `import { existsSync } from "node:fs";
if (existsSync(${
        JSON.stringify(folder.file("slow"))
      })) await new Promise((resolve) => setTimeout(resolve, 20000));
export default async () => {};
`,
    );
    assert.equal((await folder.start([handler, "--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
    await folder.children(1);
    folder.write("slow", "");
    signal(folder.pid, "SIGHUP");
    await folder.says(/Received a SIG HUP/);
    await folder.stop();
  });
});

/** Sends the server a signal a few milliseconds after the last hook before it executes itself again. */
const LATE_SIGNAL = `import { spawn } from "node:child_process";
import process from "node:process";
const kill = () => {
  const { NAME, DELAY } = process.env;
  spawn("sh", ["-c", "sleep $DELAY; kill -$NAME " + process.pid], { env: { PATH: process.env.PATH, NAME, DELAY } });
};
export default { hooks: { restartClose: kill } };
`;

for (const NAME of ["TERM", "QUIT"]) {
  test(
    `${NAME} just when a restart is made ends the server, and leaves no process`,
    { timeout },
    async () => {
      for (const DELAY of ["0", "0.001", "0.002", "0.004", "0.016", "0.03", "0.05"]) {
        await withFolder(async (folder) => {
          const handler = folder.write("handler.ts", LATE_SIGNAL);
          const args = [handler, "--port", "127.0.0.1:0", "--max_servers", "1"];
          assert.equal((await folder.start(args, { env: { NAME, DELAY } })).status, 0);
          const { pid } = folder;
          await folder.children(1);
          signal(pid, "SIGHUP");
          await until(
            () => statOf(pid) === undefined,
            () => `the end of ${pid}, ${DELAY}\n${folder.log}`,
          );
          await until(
            () => childrenOf(pid).length === 0,
            "the end of its children",
          );
          assert.equal(folder.read("pid"), "", `the pid file is left\n${folder.log}`);
        });
      }
    },
  );
}

const skip = onBun ? false : "the executable is built and run once, by Bun's tests";

/** Builds a program whose greeting is `word`. */
function build(folder: DaemonFolder, word: string): string {
  const entry = folder.write(
    `${word}.ts`,
    `async function start() {
  const { run } = await import(${JSON.stringify(`${ROOT}mod.ts`)});
  await run(async (connection) => {
    await connection.print("${word}\\r\\n");
  });
}
start();
`,
  );
  const out = folder.file(word);
  const built = spawnSync("deno", [
    "run",
    "-A",
    `${ROOT}scripts/compile.ts`,
    "bun",
    "--entry",
    entry,
    "--out",
    out,
  ], {
    encoding: "utf8",
  });
  assert.equal(built.status, 0, built.stderr);
  return out;
}

test(
  "an executable that was replaced on disk comes up after HUP, not before",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      const program = folder.file("server");
      copyFileSync(build(folder, "first"), program);
      const second = build(folder, "second");
      const args = ["--port", "127.0.0.1:0", "--max_servers", "2"];
      assert.equal((await folder.start(args, { program: [program] })).status, 0);
      const { pid } = folder;
      const greeting = async () => await new Client(folder.port).line();
      let children = await folder.children(2);
      assert.equal(await greeting(), "first");
      renameSync(second, program);
      // Children that are started meanwhile belong to the old parent.
      for (const child of children) signal(child, "SIGKILL");
      children = await folder.children(2, children);
      assert.equal(await greeting(), "first");
      signal(pid, "SIGHUP");
      children = await folder.children(2, children);
      assert.equal(await greeting(), "second");
      // One that is no program is not taken.
      renameSync(folder.write("broken", "not a program\n"), program);
      signal(pid, "SIGHUP");
      await folder.says(/Cannot restart: Cannot start .*server: .*; going on with the present configuration/);
      assert.deepEqual(childrenOf(pid).toSorted(), children.toSorted());
      assert.equal(await greeting(), "second");
      await folder.stop();
    });
  },
);

test(
  "a program that cannot be executed after all costs nobody: the children serve on, and signals have their effect",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      const link = folder.file("runtime");
      symlinkSync(process.execPath, link);
      const handler = folder.write(
        "handler.ts",
        `import { existsSync, unlinkSync } from "node:fs";
        import process from "node:process";
        export default {
          processRequest: (connection) => connection.print(process.pid + "\\r\\n"),
          hooks: {
            // After the restart was tried.
            restartClose() {
              if (existsSync(${JSON.stringify(folder.file("break"))})) unlinkSync(${JSON.stringify(link)});
            },
          },
        };`,
      );
      const program = [link, ...(onBun ? [] : ["run", "-A"]), `${ROOT}cli.ts`];
      const args = [handler, "--port", "127.0.0.1:0", "--max_servers", "2"];
      const { status, stderr } = await folder.start(args, { program });
      assert.equal(status, 0, stderr);
      const children = await folder.children(2);
      folder.write("break", "");
      signal(folder.pid, "SIGHUP");
      await folder.says(
        /Cannot restart: Cannot execute .*\/runtime: .*ENOENT.*; going on with the present configuration/,
      );
      assert.deepEqual(childrenOf(folder.pid).toSorted(), children.toSorted());
      assert.ok(children.includes(Number(await new Client(folder.port).line())));
      unlinkSync(folder.file("break"));
      symlinkSync(process.execPath, link);
      signal(folder.pid, "SIGTTIN");
      await folder.children(3);
      signal(folder.pid, "SIGHUP");
      const fresh = await folder.children(2, childrenOf(folder.pid));
      assert.ok(fresh.includes(Number(await new Client(folder.port).line())));
      await folder.stop();
    });
  },
);

test(
  "what a program is told by the one before it is not passed on to its children",
  { timeout, skip: existsSync("/proc/self/environ") ? false : "needs /proc" },
  async () => {
    await withFolder(async (folder) => {
      assert.equal((await folder.start(["--port", "127.0.0.1:0", "--max_servers", "1"])).status, 0);
      const names = (pid: number) =>
        readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").map((text) => text.split("=")[0] as string);
      const old = await folder.children(1);
      const before = names(old[0] as number).toSorted();
      signal(folder.pid, "SIGHUP");
      const [child = 0] = await folder.children(1, old);
      // The parent keeps what it was executed with, where /proc shows it.
      if (onBun) assert.ok(names(folder.pid).includes("BUN_FEATURE_FLAG_DISABLE_ASYNC_TRANSPILER"));
      assert.deepEqual(names(child).toSorted(), before);
      await folder.stop();
    });
  },
);

/** A handler whose program takes its time to be tried, until there is a file `go`. Children load it at once. */
const SLOW_TO_TRY = `import { existsSync } from "node:fs";
import process from "node:process";
const isChild = process.env.TINE_ORIGIN !== undefined;
while (!isChild && existsSync("FOLDER/slow") && !existsSync("FOLDER/go")) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const greet = async (connection) => await connection.print(process.pid + "\\n");
export default {
  processRequest: greet,
  mux: (connection) => (connection.print(process.pid + "\\n"), connection.close()),
};
`;

/** The process id that a client is told. */
async function whoServes(port: number): Promise<number> {
  let text = "";
  const socket = connect(port, "127.0.0.1");
  socket.on("data", (bytes) => text += bytes);
  await new Promise<void>((resolve, reject) => socket.on("close", () => resolve()).on("error", reject));
  return Number(text);
}

for (const personality of ["PreForkSimple", "PreFork", "Fork", "Single", "Multiplex"]) {
  test(`${personality} serves on, and hears signals, while a new configuration is tried`, {
    timeout,
  }, async () => {
    await withFolder(async (folder) => {
      const handler = folder.write("handler.ts", SLOW_TO_TRY.replaceAll("FOLDER", folder.path));
      const hasChildren = personality !== "Single" && personality !== "Multiplex";
      const numbers = personality === "PreForkSimple" ? ["--max_servers", "1"] : [];
      const args = [personality, handler, "--port", "127.0.0.1:0", ...numbers];
      assert.equal((await folder.start(args)).status, 0);
      const { pid, port } = folder;
      await whoServes(port);
      folder.write("slow", "");
      signal(pid, "SIGHUP");
      await folder.says(/Received a SIG HUP/);
      if (hasChildren) {
        for (let i = 0; i < 3; i++) {
          const child = await whoServes(port);
          if (statOf(child) !== undefined) signal(child, "SIGKILL");
        }
      } else assert.equal(await whoServes(port), pid);
      // The log is opened again now, not when the reload is over.
      signal(pid, "SIGUSR1");
      await folder.says(/Reopened log_file/);
      assert.doesNotMatch(folder.log, /Re-exec/);
      folder.write("go", "");
      await folder.says(/Re-exec server during HUP/);
      await whoServes(port);
      assert.equal(folder.pid, pid);
      await folder.stop();
    });
  });
}
