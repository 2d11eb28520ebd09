import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { childrenOf, type DaemonFolder, notRoot, threadsOf, withFolder } from "../support/daemon.ts";
import { asUser, idsOf, program } from "../support/processes.ts";
import { exchange, hear, signal, withServer } from "../support/server.ts";
import { lacks, tine, withTcpserver } from "../support/super_server.ts";
import { until } from "../support/until.ts";

const timeout = 60_000;
const skip = notRoot !== false
  ? notRoot
  : spawnSync("setpriv", ["--version"]).status === 0
  ? false
  : "no setpriv";
const nobody = skip ? { uid: 0, gid: 0 } : idsOf("nobody");

/** One descriptor of a process. */
interface Descriptor {
  readonly fd: number;
  readonly target: string;
  readonly writes: boolean;
  readonly closesOnExec: boolean;
}

/** What a process has open; nothing, once it has ended. */
function descriptorsOf(pid: number): Descriptor[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  return names.map(Number).flatMap((fd) => {
    try {
      const flags = parseInt(
        /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "0",
        8,
      );
      return [{
        fd,
        target: readlinkSync(`/proc/${pid}/fd/${fd}`),
        writes: (flags & 3) !== 0,
        closesOnExec: (flags & 0o2000000) !== 0,
      }];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}

/** The files that a process can write, by its descriptors and by its memory. Memory without a file is nobody's else. */
function writableFiles(pid: number): string[] {
  const open = descriptorsOf(pid).filter(({ writes }) => writes).map(({ target }) => target);
  const mapped = [...mapsOf(pid).matchAll(/ .w.s \S+ \S+ \d+ +(\/.*)$/gm)].map(
    ([, path = ""]) => path,
  );
  return [...new Set([...open, ...mapped])].filter((path) =>
    path.startsWith("/") && !path.startsWith("/memfd:")
  );
}

/** Of the files that `pid` can write, those that its user could not open to write now. */
function ill(pid: number, folder: DaemonFolder): string[] {
  // The log is handed to the server to be written.
  return writableFiles(pid).filter((path) => path !== folder.file("log"))
    .filter((path) =>
      spawnSync("setpriv", [...asUser("nobody").slice(1), "sh", "-c", ': >> "$0"', path]).status !== 0
    );
}

function usersOf(pid: number): number[] {
  try {
    return threadsOf(pid)[0]?.uids as number[];
  } catch {
    return [0]; // ended meanwhile
  }
}

const PERSONALITIES: readonly (readonly string[])[] = [
  ["PreForkSimple", "--max_servers", "2"],
  [
    "PreFork",
    "--min_servers",
    "2",
    "--max_servers",
    "3",
    "--min_spare_servers",
    "1",
    "--max_spare_servers",
    "2",
  ],
  ["Fork", "--max_servers", "2"],
  ["Single"],
  ["Multiplex"],
];

for (const words of PERSONALITIES) {
  for (const inside of [false, true]) {
    const [name = ""] = words;
    test(
      `${name}${inside ? " in a chroot" : ""}: who gave up root can write nothing that it could not open`,
      { skip, timeout },
      async () => {
        await withFolder(async (folder) => {
          mkdirSync(folder.file("root"));
          const lock = ["--port", "127.0.0.1:0", "--port", "127.0.0.1:0", "--serialize", "flock"];
          const handler = name === "Multiplex"
            ? [program("tests/system/fixtures/mux.ts").at(-1) as string]
            : [];
          const { status, stderr } = await folder.start([
            name,
            ...handler,
            ...words.slice(1),
            ...(name === "Single" || name === "Multiplex" ? lock.slice(0, 2) : lock),
            ...(inside && !["Single", "Multiplex"].includes(name)
              ? ["--lock_file", folder.file("lock")]
              : []),
            ...(inside ? ["--chroot", folder.file("root")] : []),
            "--user",
            "nobody",
          ]);
          assert.equal(status, 0, stderr);
          if (name !== "Multiplex") { for (const port of folder.ports) await exchange(port); }
          const reduced = await until(
            () => {
              const found = [folder.pid, ...childrenOf(folder.pid)].filter((pid) =>
                usersOf(pid).every((uid) => uid === nobody.uid)
              );
              return found.length > 0 ? found : undefined;
            },
            "processes without rights",
          ) as number[];
          for (const pid of reduced) assert.deepEqual(ill(pid, folder), [], `process ${pid}`);
          if (inside && existsSync(folder.file("lock"))) {
            // Of several: a child of Fork ends after its client.
            await until(
              () =>
                childrenOf(folder.pid).flatMap(descriptorsOf).some(({ target }) =>
                  target === folder.file("lock")
                ),
              "a child with the lock file",
            );
          }
          await folder.stop();
          // The runtime puts up with it.
          assert.doesNotMatch(folder.log, /sqlite|readonly|read-only|database/i);
        });
      },
    );
  }
}

/** Words that leave a command descriptors: a file to read on 7, and one to write on 9. */
function leaving(folder: string): string[] {
  return ["sh", "-c", `"$@" 7< ${folder}/given 9> ${folder}/held; exit $?`, "sh"];
}

const STARTERS = /\/(given|held)$/;

test("a daemon and its children have none of its starter's descriptors", { timeout }, async () => {
  await withFolder(async (folder) => {
    folder.write("given", "");
    const before = leaving(folder.path);
    const { status, stderr } = await folder.start(["--port", "127.0.0.1:0", "--max_servers", "2"], {
      before,
    });
    assert.equal(status, 0, stderr);
    for (const pid of [folder.pid, ...await folder.children(2)]) {
      assert.deepEqual(
        descriptorsOf(pid).filter(({ target }) => STARTERS.test(target)),
        [],
        `process ${pid}`,
      );
    }
    await folder.stop();
  });
});

const OWN = `import { run } from "${new URL("../../mod.ts", import.meta.url).pathname}";
run(async (connection) => { await connection.print("hello\\r\\n"); }, { maxServers: 1 });
`;

for (
  const [what, given] of [["the command line", undefined], ["a program of one's own", "own.ts"]] as const
) {
  test(`a server in the foreground by ${what} closes them too`, { timeout }, async () => {
    await withServer(
      ["--max_servers", "1", "--log_level", "4"],
      {
        // Becomes the server, so that its starter is not there any more; or stays.
        wrapper: [
          "sh",
          "-c",
          given === undefined ? 'exec 9> FOLDER/held; exec "$@"' : 'exec 9> FOLDER/held; "$@" & wait',
          "sh",
        ],
        files: { "own.ts": OWN, held: "" },
        ...(given === undefined ? {} : { program: [given] }),
      },
      async (server) => {
        const [child = 0] = given === undefined ? await server.untilReady(1) : [];
        const pids = given === undefined ? [server.pid, child] : await until(() => {
          const [parent] = childrenOf(server.pid);
          const grandchildren = parent === undefined ? [] : childrenOf(parent);
          return grandchildren.length > 0 ? [parent as number, ...grandchildren] : undefined;
        }) as number[];
        for (const pid of pids) {
          assert.deepEqual(
            descriptorsOf(pid).filter(({ target }) => target.endsWith("/held")),
            [],
            `process ${pid}`,
          );
        }
        if (given === undefined) return;
        signal(pids[0] as number, "SIGTERM");
        await server.end();
      },
    );
  });
}

test("INET keeps none of them", { timeout, skip: lacks("tcpserver") }, async () => {
  const [name = "", ...rest] = tine("INET", program("tests/system/fixtures/left_open.ts").at(-1) as string);
  const words = ["sh", "-c", 'exec 9> FOLDER/held; exec "$@"', "sh", name, ...rest];
  await withTcpserver({ program: words }, async ({ port }) => {
    const said = await hear(port);
    assert.match(said, /socket/);
    assert.doesNotMatch(said, /held/);
  });
});

/** The descriptors above 2 that a program which this process executes would have. */
function leftToPrograms(pid: number): Descriptor[] {
  return descriptorsOf(pid).filter(({ fd, closesOnExec }) => fd > 2 && !closesOnExec);
}

const SERVERS: readonly (readonly [personality: string, ...args: string[]])[] = [
  ["PreForkSimple", "--serialize", "pipe"],
  ["PreForkSimple", "--serialize", "flock"],
  ["PreForkSimple", "--max_clients", "8"],
  ["PreFork", "--min_servers", "2", "--child_communication", "1"],
];

for (const [personality, ...args] of SERVERS) {
  test(
    `${[personality, ...args].join(" ")} leaves no descriptor to a program that a process of it executes`,
    { timeout },
    async () => {
      const words = ["--max_servers", "2", "--log_file", "FOLDER/log", ...args];
      await withServer([...words, "--log_level", "4"], { personality, log: "log" }, async (server) => {
        const old = await server.untilReady(2);
        for (const pid of [server.pid, ...old]) assert.deepEqual(leftToPrograms(pid), [], `of ${pid}`);
        signal(server.pid, "SIGHUP");
        await server.says(/Reloaded in /);
        await until(() => !server.children().some((pid) => old.includes(pid)), "the end of the old children");
        for (const pid of [server.pid, ...await server.untilReady(2)]) {
          assert.deepEqual(leftToPrograms(pid), [], `of ${pid} after a restart`);
        }
      });
    },
  );
}
