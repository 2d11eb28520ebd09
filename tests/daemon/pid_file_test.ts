import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  acquirePidFile,
  clearPidFile,
  parsePid,
  type PidFileHandle,
  readPidFile,
  removePidFile,
} from "../../lib/daemon/pid_file.ts";
import { TineError } from "../../lib/errors.ts";
import { EX_CANTCREAT, EX_UNAVAILABLE } from "../../lib/exit_codes.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { timeout } from "../support/limits.ts";

const noProc = process.platform === "linux" ? false : "needs /proc";

/** A folder for a pid file, and the lines that were logged of it. */
class Place implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "pid-file-test-"));
  readonly file: string = join(this.folder, "pid");
  readonly lines: string[] = [];

  acquire(held?: PidFileHandle): PidFileHandle {
    return acquirePidFile(this.file, {
      held,
      log: (level, message) => this.lines.push(`${level} ${message}`),
    });
  }

  remove(handle: PidFileHandle): void {
    removePidFile(handle, (level, message) => this.lines.push(`${level} ${message}`));
  }

  get text(): string {
    return readFileSync(this.file, "utf8");
  }

  /** Checks that the file cannot be had. */
  refuses(exitCode: number, message: RegExp): void {
    assert.throws(() => this.acquire(), (error: unknown) => {
      assert.ok(error instanceof TineError);
      assert.equal(error.exitCode, exitCode);
      assert.match(error.message, message);
      return true;
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The id of a process that has ended. */
function endedPid(): number {
  return spawnSync("true").pid;
}

const PIDS: readonly (readonly [string, number | undefined])[] = [
  ["123\n", 123],
  ["  123  ", 123],
  ["123\nand more\n", 123],
  ["4194304", 4_194_304],
  ["", undefined],
  ["\n123\n", undefined],
  ["0\n", undefined],
  ["-1\n", undefined],
  ["12 34\n", undefined],
  ["0x10\n", undefined],
  ["12345678901\n", undefined],
  ["123abc", undefined],
];

test("parsePid() reads the number in the first line, and nothing that could be another's", () => {
  for (const [text, pid] of PIDS) assert.equal(parsePid(text), pid, JSON.stringify(text));
});

test("a pid file has this process's id, may be written by its owner alone, and goes with its server", () => {
  using place = new Place();
  const handle = place.acquire();
  assert.equal(place.text, `${process.pid}\n`);
  assert.equal(readPidFile(handle.fd), place.text);
  assert.equal(statSync(place.file).mode & 0o022, 0);
  assert.equal(handle.path, place.file);
  place.remove(handle);
  assert.equal(existsSync(place.file), false);
  assert.deepEqual(place.lines, []);
});

test("a pid file that is locked is refused with status 69, whatever stands in it", () => {
  using place = new Place();
  const handle = place.acquire();
  place.refuses(
    EX_UNAVAILABLE,
    /^Cannot use pid_file ".*\/pid": .*; stop that process, or name another file$/,
  );
  writeFileSync(place.file, "");
  place.refuses(EX_UNAVAILABLE, /: .*; stop that process/);
  closeFd(handle.fd);
});

test("what is no pid file is left alone", () => {
  using place = new Place();
  writeFileSync(place.file, "important\n");
  place.refuses(EX_UNAVAILABLE, /: there is no process id in it; /);
  assert.equal(place.text, "important\n");
});

test(
  "a file that names a process which may have written it is in use, without a lock too",
  { skip: noProc },
  () => {
    using place = new Place();
    writeFileSync(place.file, `${process.ppid}\n`);
    place.refuses(EX_UNAVAILABLE, new RegExp(`: the process ${process.ppid} in it is running; `));
    assert.equal(place.text, `${process.ppid}\n`);
  },
);

test("a file that is left over is overwritten, and the log says so", () => {
  using place = new Place();
  const pid = endedPid();
  writeFileSync(place.file, `${pid}\n`);
  const handle = place.acquire();
  assert.equal(place.text, `${process.pid}\n`);
  assert.deepEqual(place.lines, [
    `1 Pid_file "${place.file}" is left over from process ${pid}, which has ended: it is overwritten`,
  ]);
  place.remove(handle);
});

test("a number that was given to a later process is left over too", { skip: noProc, timeout }, async () => {
  using place = new Place();
  const later = spawn("sleep", ["3600"], { stdio: "ignore" });
  writeFileSync(place.file, `${later.pid}\n`);
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(place.file, anHourAgo, anHourAgo);
  place.remove(place.acquire());
  assert.match(place.lines.join(), new RegExp(`is left over from process ${later.pid}, `));
  const ended = once(later, "exit");
  later.kill("SIGKILL");
  await ended;
});

test("an empty file, and this process's own from before a restart, need no words", () => {
  for (const text of ["", " \n", `${process.pid}\n`]) {
    using place = new Place();
    writeFileSync(place.file, text);
    place.remove(place.acquire());
    assert.deepEqual(place.lines, [], JSON.stringify(text));
  }
});

test("a file that others may write is closed to them first", () => {
  using place = new Place();
  writeFileSync(place.file, "");
  chmodSync(place.file, 0o666);
  const handle = place.acquire();
  assert.equal(statSync(place.file).mode & 0o777, 0o644);
  place.remove(handle);
});

test("a folder that is not there, and a FIFO, are told with status 73 at once", () => {
  using place = new Place();
  assert.throws(
    () => acquirePidFile(join(place.folder, "no/pid"), { log: () => {} }),
    (error: unknown) => error instanceof TineError && error.exitCode === EX_CANTCREAT,
  );
  assert.equal(spawnSync("mkfifo", [place.file]).status, 0);
  place.refuses(
    EX_CANTCREAT,
    /^Cannot create pid_file ".*": .*FIFO.*; name a file that this user may write$/,
  );
});

test("a restart keeps the file that it holds, and takes another one that is named", () => {
  using place = new Place();
  const held = place.acquire();
  assert.equal(place.acquire(held), held);
  using other = new Place();
  const moved = other.acquire(held);
  assert.notEqual(moved.fd, held.fd);
  assert.equal(moved.path, other.file);
  place.remove(held);
  other.remove(moved);
});

test("a restart takes the file anew where somebody has put another in its place", () => {
  using place = new Place();
  const held = place.acquire();
  renameSync(place.file, `${place.file}.old`);
  const anew = place.acquire(held);
  assert.notEqual(anew.fd, held.fd);
  assert.equal(place.text, `${process.pid}\n`);
  closeFd(held.fd);
  place.remove(anew);
});

test("a link of one's own is followed, and the file that it leads to goes", () => {
  using place = new Place();
  const target = join(place.folder, "target");
  symlinkSync(target, place.file);
  const handle = place.acquire();
  assert.equal(handle.path, target);
  place.remove(handle);
  assert.equal(existsSync(target), false);
});

test("a server removes no file that is not its own any more", () => {
  const changes: readonly (readonly [string, (place: Place) => void])[] = [
    ["another file is in its place", (place) => {
      renameSync(place.file, `${place.file}.old`);
      writeFileSync(place.file, `${process.pid}\n`);
    }],
    ["another number is in it", (place) => writeFileSync(place.file, "1\n")],
  ];
  for (const [title, change] of changes) {
    using place = new Place();
    const handle = place.acquire();
    change(place);
    place.remove(handle);
    assert.equal(existsSync(place.file), true, title);
  }
});

test("clearPidFile() removes what a server has left, unless somebody has it or it is another's", () => {
  using place = new Place();
  const pid = endedPid();
  writeFileSync(place.file, `${pid}\n`);
  clearPidFile(place.file, pid + 1);
  assert.equal(place.text, `${pid}\n`, "it is another's");
  clearPidFile(place.file, pid);
  assert.equal(existsSync(place.file), false);
  const handle = place.acquire();
  clearPidFile(place.file, process.pid);
  assert.equal(place.text, `${process.pid}\n`, "somebody has it");
  place.remove(handle);
});

test("a command that looks at the file for a moment keeps no server from starting", { timeout }, async () => {
  using place = new Place();
  writeFileSync(place.file, "");
  const script = `flock --shared "$0" sh -c 'echo locked; sleep 0.1'`;
  const looking = spawn("sh", ["-c", script, place.file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(looking, "exit");
  await once(looking.stdout, "data");
  place.remove(place.acquire());
  await ended;
});
