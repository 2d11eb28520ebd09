import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, lchownSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { type DaemonFolder, notRoot, withFolder } from "../support/daemon.ts";
import { idsOf } from "../support/processes.ts";
import { exchange } from "../support/server.ts";

const timeout = 60_000;
const skip = notRoot;
const nobody = skip ? { uid: 0, gid: 0 } : idsOf("nobody");
const PORT0 = ["--port", "127.0.0.1:0", "--max_servers", "1"];

/** An option that names a file: how it is given, and how a refusal of it begins. */
interface NamedFile {
  readonly option: string;
  readonly status: number;
  readonly line: RegExp;
  /** What the file has to hold to be taken. */
  readonly text: string;
  readonly args: readonly string[];
}

const FILES: readonly NamedFile[] = [
  {
    option: "pid_file",
    status: 73,
    line: /^tine: command line:\d+: Cannot create pid_file ".*": /,
    text: "",
    args: PORT0,
  },
  {
    option: "log_file",
    status: 73,
    line: /^tine: command line:\d+: Cannot open log_file ".*": /,
    text: "",
    args: PORT0,
  },
  {
    option: "lock_file",
    status: 73,
    line: /Cannot create lock_file ".*": /,
    text: "",
    args: [...PORT0, "--serialize", "flock"],
  },
  {
    option: "conf_file",
    status: 78,
    line: /^tine: command line:\d+: Cannot read configuration file ".*": /,
    text: "max_servers 1\n",
    args: ["--port", "127.0.0.1:0"],
  },
];

/** Starts with the option, and the other files in their usual places. */
async function start(folder: DaemonFolder, { option, args }: NamedFile, path: string) {
  const usual = Object.entries({ pid_file: "pid", log_file: "log" }).filter(([name]) => name !== option)
    .flatMap(([name, file]) => [`--${name}`, folder.file(file)]);
  return await folder.run([...args, "--setsid", "--log_level", "4", ...usual, `--${option}`, path]);
}

for (const file of FILES) {
  const { option, status, line, text } = file;

  test(
    `${option}: a link that somebody else made where all may write is not followed`,
    { skip, timeout },
    async () => {
      await withFolder(async (folder) => {
        folder.write("precious", text);
        symlinkSync(folder.file("precious"), folder.file("link"));
        lchownSync(folder.file("link"), nobody.uid, nobody.gid);
        const outcome = await start(folder, file, folder.file("link"));
        assert.equal(outcome.status, status, outcome.stderr);
        assert.match(outcome.stderr, line);
        assert.match(
          outcome.stderr,
          /".*\/link" is a link that user \d+ made in a folder where others may write/,
        );
        assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
        assert.equal(folder.read("precious"), text);
      });
    },
  );

  test(
    `${option}: one's own link, and one in a folder of one's own, is followed`,
    { skip, timeout },
    async () => {
      await withFolder(async (folder) => {
        folder.write("precious", text);
        mkdirSync(folder.file("own"), { mode: 0o755 });
        symlinkSync(folder.file("precious"), folder.file("own/first"));
        // Somebody else's, where nobody else could have put it.
        lchownSync(folder.file("own/first"), nobody.uid, nobody.gid);
        symlinkSync("own/first", folder.file("link"));
        const outcome = await start(folder, file, folder.file("link"));
        assert.equal(outcome.status, 0, outcome.stderr);
        const pid = Number(/process id (\d+)/.exec(outcome.stdout)?.[1]);
        folder.remember(pid);
        if (option === "pid_file") assert.equal(folder.read("precious"), `${pid}\n`);
        if (option === "log_file") assert.match(folder.read("precious"), /Listening on/);
        const pidFile = folder.file(option === "pid_file" ? "link" : "pid");
        const stop = await folder.run(["stop", "--pid_file", pidFile]);
        assert.equal(stop.status, 0, stop.stderr);
        assert.ok(lstatSync(folder.file("link")).isSymbolicLink());
      });
    },
  );

  test(
    `${option}: a FIFO, a folder or a socket is refused in one line, without a wait`,
    { timeout },
    async () => {
      await withFolder(async (folder) => {
        assert.equal(spawnSync("mkfifo", [folder.file("fifo")]).status, 0);
        mkdirSync(folder.file("folder"));
        for (const name of ["fifo", "folder"]) {
          const outcome = await start(folder, file, folder.file(name));
          assert.equal(outcome.status, status, outcome.stderr);
          assert.match(outcome.stderr, line);
          assert.match(outcome.stderr, name === "fifo" ? /it is a FIFO/ : /folder|directory/i);
          assert.equal(outcome.stderr.trim().split("\n").length, 1, outcome.stderr);
        }
      });
    },
  );
}

test(
  "commands that read a pid file or a configuration do not wait for a FIFO either",
  { timeout },
  async () => {
    await withFolder(async (folder) => {
      assert.equal(spawnSync("mkfifo", [folder.file("fifo")]).status, 0);
      for (const verb of ["stop", "status", "reload"]) {
        const { status, stderr } = await folder.run([verb, "--pid_file", folder.file("fifo")]);
        // To see a server is to say that nobody knows (LSB); the others are not available.
        assert.equal(status, verb === "status" ? 4 : 69, stderr);
        assert.match(stderr, /^tine: Cannot find the server: cannot read pid_file ".*": it is a FIFO\n$/);
      }
      const check = await folder.run(["check", folder.file("fifo")]);
      assert.equal(check.status, 78);
      assert.match(check.stderr, /Cannot read configuration file ".*": it is a FIFO; /);
    });
  },
);

test("a unix socket is bound over no link and no FIFO", { timeout }, async () => {
  await withFolder(async (folder) => {
    symlinkSync(folder.file("nowhere"), folder.file("link"));
    assert.equal(spawnSync("mkfifo", [folder.file("fifo")]).status, 0);
    for (const name of ["link", "fifo"]) {
      const { status, stderr } = await folder.run(["--port", `${folder.file(name)}|unix`]);
      assert.equal(status, 69, stderr);
      assert.match(stderr, /there is a file that is no socket; remove it/);
    }
  });
});

test("a configuration may come by a pipe that has no name", { timeout }, async () => {
  await withFolder(async (folder) => {
    for (const path of ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]) {
      // With a pause, as of a program that makes the configuration.
      const pipe = '(printf max_ser; sleep 0.2; echo vers 7) | "$@"';
      const { status, stdout } = await folder.run(["check", path], { before: ["sh", "-c", pipe, "sh"] });
      assert.equal(status, 0);
      assert.match(stdout, /^max_servers\s.*7/m);
    }
  });
});

test("a log may be a FIFO that somebody reads, a device, or where errors go", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal(spawnSync("mkfifo", [folder.file("fifo")]).status, 0);
    const reader = spawn("cat", [folder.file("fifo")], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    reader.stdout.on("data", (bytes) => said += bytes);
    // Opened to read and write, it is there for whoever opens it to write.
    const holder = spawn("sh", ["-c", `exec 3<> ${folder.file("fifo")}; echo open; exec sleep 60`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    try {
      for (const log of ["fifo", "/dev/null", "/dev/stderr"]) {
        const path = log.startsWith("/") ? log : folder.file(log);
        const words = ["--setsid", "--log_level", "4", "--pid_file", folder.file("pid"), "--log_file", path];
        const before = ["sh", "-c", '"$@" 2>> errors', "sh"];
        const outcome = await folder.run([...PORT0, ...words], { before });
        assert.equal(outcome.status, 0, `${log}: ${outcome.stderr}`);
        const port = Number(/Listening on 127\.0\.0\.1:(\d+)/.exec(outcome.stdout)?.[1]);
        folder.remember(folder.pid);
        await exchange(port);
        const stop = await folder.run(["stop", "--pid_file", folder.file("pid")]);
        assert.equal(stop.status, 0, stop.stderr);
      }
    } finally {
      holder.kill();
      reader.kill();
    }
    assert.match(said, /Listening on/);
    assert.match(folder.read("errors"), /Listening on/);
  });
});

test(
  "a pid file with a second name in a folder where all may write is not written",
  { skip, timeout },
  async () => {
    await withFolder(async (folder) => {
      folder.write("precious", "");
      chownSync(folder.file("precious"), 0, 0);
      assert.equal(spawnSync("ln", [folder.file("precious"), folder.file("again")]).status, 0);
      const outcome = await folder.run([...PORT0, "--setsid", "--pid_file", folder.file("again")]);
      assert.equal(outcome.status, 73, outcome.stderr);
      assert.match(outcome.stderr, /it has another name, and lies in a folder where others may write/);
      assert.equal(readFileSync(folder.file("precious"), "utf8"), "");
    });
  },
);
