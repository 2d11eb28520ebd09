import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { libc } from "../../lib/os/calls.ts";
import { constants, isLinux, linux } from "../../lib/os/constants.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { ELOOP, ENOENT, ENOTDIR, EXDEV } from "../../lib/os/errno.ts";
import { Folder, openStepwise, readAt } from "../../lib/os/folder.ts";

function withFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "tine-test-"));
  try {
    mkdirSync(join(folder, "in/sub"), { recursive: true });
    writeFileSync(join(folder, "secret"), "secret");
    writeFileSync(join(folder, "in/file"), "text");
    writeFileSync(join(folder, "in/sub/file"), "deep");
    symlinkSync("file", join(folder, "in/link"));
    symlinkSync("sub", join(folder, "in/folder"));
    symlinkSync("../secret", join(folder, "in/out"));
    symlinkSync("..", join(folder, "in/up"));
    symlinkSync(join(folder, "in/file"), join(folder, "in/absolute"));
    spawnSync("mkfifo", [join(folder, "in/fifo")]);
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const names = (path: string) => path.split("/").map((name) => new TextEncoder().encode(name));

/** What is there, or why not. */
function look(folder: Folder, fd: number): string | number {
  if (fd < 0) return -fd;
  const { kind, size } = folder.look(fd);
  const bytes = new Uint8Array(size);
  const text = kind === "file" ? new TextDecoder().decode(bytes.subarray(0, readAt(fd, bytes, 0))) : kind;
  closeFd(fd);
  return text;
}

test("Folder opens what lies in it, and nothing else", { skip: isLinux ? false : "not Linux" }, () => {
  withFolder((path) => {
    const before = readdirSync("/proc/self/fd").length;
    const folder = new Folder(join(path, "in"), { once: false });
    const found = (name: string) => look(folder, folder.open(names(name)));
    assert.deepEqual(
      ["file", "sub/file", "sub", "fifo", "link", "folder/file", "none", "file/x"].map(found),
      ["text", "deep", "folder", "other", "text", "deep", ENOENT, ENOTDIR],
    );
    assert.deepEqual(["out", "up/secret", "up", "absolute"].map(found), [EXDEV, EXDEV, EXDEV, EXDEV]);
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });
});

test("openStepwise follows no link at all", () => {
  withFolder((path) => {
    const folder = new Folder(join(path, "in"), { once: false });
    const way = (isLinux ? linux.O_PATH : constants.O_RDONLY) | constants.O_DIRECTORY;
    const root = libc.open(new TextEncoder().encode(`${join(path, "in")}\0`), way, 0);
    const found = (name: string) => look(folder, openStepwise(root, names(name)));
    assert.deepEqual(["file", "sub/file", "sub", "none", "file/x"].map(found), [
      "text",
      "deep",
      "folder",
      ENOENT,
      ENOTDIR,
    ]);
    for (const name of ["link", "out", "absolute", "folder/file", "up/secret", "up"]) {
      assert.ok([ELOOP, ENOTDIR].includes(found(name) as number), name);
    }
    closeFd(root);
  });
});

test("a folder that is opened once stays the same, another is what has its name", () => {
  withFolder((path) => {
    const once = new Folder(join(path, "in"), { once: true });
    const ever = new Folder(join(path, "in"), { once: false });
    renameSync(join(path, "in"), join(path, "before"));
    mkdirSync(join(path, "in"));
    writeFileSync(join(path, "in/file"), "new");
    assert.equal(look(once, once.open(names("file"))), "text");
    assert.equal(look(ever, ever.open(names("file"))), "new");
    assert.throws(() => new Folder(join(path, "none"), { once: true }), /Cannot open ".*none": no such file/);
  });
});
