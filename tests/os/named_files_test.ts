import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { parseLocks } from "../../lib/os/file_locks.ts";
import { cachesIn, writableMappings } from "../../lib/os/runtime_files.ts";
import { followLinks, namesOpenFile, ownDescriptor } from "../../lib/trusted_path.ts";

test("locks are read from both forms of rows, and only exclusive ones of flock", () => {
  const rows = [
    "1: FLOCK  ADVISORY  WRITE 42 fe:00:339 0 EOF",
    "2: FLOCK  ADVISORY  READ  43 fe:00:339 0 EOF",
    "3: POSIX  ADVISORY  WRITE 44 fe:00:339 0 EOF",
    "4: OFDLCK ADVISORY  WRITE -1 fe:00:339 0 EOF",
    "4: -> FLOCK  ADVISORY  WRITE 45 fe:00:7 0 EOF",
    "lock:\t1: FLOCK  ADVISORY  WRITE 46 00:1f:12345678901 0 EOF",
  ];
  assert.deepEqual(parseLocks(rows.join("\n")), [
    { pid: 42, inode: "339" },
    { pid: 46, inode: "12345678901" },
  ]);
});

test("a runtime's caches are the files beside its databases", () => {
  const paths = [
    "/root/.cache/deno/v8_code_cache_v2",
    "/root/.cache/deno/v8_code_cache_v2-wal",
    "/root/.cache/deno/dep_analysis_cache_v2-shm (deleted)",
    "/root/.cache/deno/what_is_to_come",
    "/root/.cache/deno/location_data/1/kv.sqlite3",
    "/srv/app/data.db",
    "/memfd:scoreboard (deleted)",
  ].map((path) => ({ path }));
  assert.deepEqual(cachesIn(paths), paths.slice(0, 4));
  assert.deepEqual(cachesIn(paths.slice(4)), []);
});

test("of all memory, what can be written through to a file is found", () => {
  const maps = [
    "7f0000000000-7f0000008000 rw-s 00001000 fe:00 160399 /root/.cache/deno/a_cache_v2-shm",
    "7f0000008000-7f0000009000 r--s 00000000 fe:00 160399 /root/.cache/deno/a_cache_v2",
    "7f0000009000-7f000000a000 rw-p 00000000 fe:00 160399 /usr/lib/libc.so.6",
    "7f000000a000-7f000000b000 rw-s 00000000 00:00 0 ",
  ];
  assert.deepEqual(writableMappings(maps.join("\n")), [{
    start: 0x7f0000000000,
    length: 0x8000,
    offset: 0x1000,
    path: "/root/.cache/deno/a_cache_v2-shm",
  }]);
});

test("paths of what a process has open are told from names", () => {
  for (const path of ["/dev/stdin", "/dev/stderr", "/dev/fd/63", "/proc/self/fd/2", "/proc/12/fd/7"]) {
    assert.ok(namesOpenFile(path), path);
  }
  for (const path of ["/dev/null", "/dev/fd/x", "/tmp/dev/fd/1", "dev/fd/1"]) {
    assert.ok(!namesOpenFile(path), path);
  }
  assert.deepEqual(
    ["/dev/stderr", "/dev/fd/9", "/proc/self/fd/3", "/proc/7/fd/3", "/dev/null"].map(ownDescriptor),
    [2, 9, 3, undefined, undefined],
  );
});

test("links are followed by whose they are, and where they lie", () => {
  const folder = mkdtempSync(join(tmpdir(), "links-"));
  const me = process.geteuid?.() ?? 0;
  const other = me + 4711;
  try {
    mkdirSync(join(folder, "open"));
    chmodSync(join(folder, "open"), 0o777);
    mkdirSync(join(folder, "own"), { mode: 0o755 });
    writeFileSync(join(folder, "own/file"), "");
    symlinkSync("../own/file", join(folder, "open/link"));
    symlinkSync("file", join(folder, "own/link"));
    symlinkSync("loop", join(folder, "own/loop"));
    const follow = (name: string, reader: number) => followLinks(join(folder, name), reader);
    assert.deepEqual(follow("open/link", me), { path: `${folder}/open/../own/file` });
    assert.deepEqual(follow("own/link", me), { path: join(folder, "own/file") });
    assert.deepEqual(follow("own/none", me), { path: join(folder, "own/none") });
    assert.deepEqual(follow("own/loop", me), { reason: "too many links" });
    // Root's own are everybody's to trust.
    if (me !== 0) assert.ok("reason" in follow("open/link", other));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
