import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  clearPath,
  dressSocketFile,
  MAX_PATH_BYTES,
  removeSocketFile,
  type SocketFile,
  socketFileAt,
} from "../../lib/listen/unix_path.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { bindDatagram, bindStream, listenOn } from "../../lib/os/socket.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-");

function unix(path: string) {
  return { transport: "unix", hostname: "", port: 0, path } as const;
}

for (const bind of [bindStream, bindDatagram]) {
  test(`clearPath removes a file that ${bind.name} left behind`, () => {
    const path = join(folder, "stale.sock");
    closeFd(bind(unix(path), { v6Only: false }));
    assert.ok(existsSync(path));
    assert.equal(clearPath(path), undefined);
    assert.equal(existsSync(path), false);
  });

  test(`clearPath leaves a socket alone that ${bind.name} has open`, () => {
    const path = join(folder, "open.sock");
    const fd = bind(unix(path), { v6Only: false });
    assert.match(clearPath(path)?.reason ?? "", /EADDRINUSE.*stop the other server/);
    assert.ok(existsSync(path));
    closeFd(fd);
    rmSync(path);
  });
}

test("clearPath asks a server that listens without becoming its client", () => {
  const path = join(folder, "listening.sock");
  const fd = listenOn(unix(path), { backlog: 1, v6Only: false });
  // Were these clients, they would not fit into the queue of one.
  for (let i = 0; i < 5; i++) assert.match(clearPath(path)?.reason ?? "", /another server/);
  closeFd(fd);
  assert.equal(clearPath(path), undefined);
});

test("clearPath refuses what is no socket, and leaves it", () => {
  const path = join(folder, "file");
  writeFileSync(path, "precious");
  assert.match(clearPath(path)?.reason ?? "", /no socket; remove it, or choose another path/);
  assert.match(clearPath(folder)?.reason ?? "", /no socket/);
  assert.ok(existsSync(path));
});

test("clearPath knows how long a path may be, in bytes", () => {
  const longest = join(folder, "x".repeat(MAX_PATH_BYTES - folder.length - 1));
  assert.equal(clearPath(longest), undefined);
  const fd = bindStream(unix(longest), { v6Only: false });
  closeFd(fd);
  assert.ok(existsSync(longest));
  assert.match(clearPath(`${longest}x`)?.reason ?? "", new RegExp(`at most ${MAX_PATH_BYTES}`));
  assert.match(clearPath(`${longest.slice(0, -1)}é`)?.reason ?? "", /bytes/);
});

test("removeSocketFile removes its own file and no other of the same name", () => {
  const path = join(folder, "mine.sock");
  const first = bindStream(unix(path), { v6Only: false });
  const mine = socketFileAt(path) as SocketFile;
  chmodSync(path, 0o600);
  assert.deepEqual(socketFileAt(path), mine, "a change of mode does not make it another's");
  rmSync(path);
  const second = bindStream(unix(path), { v6Only: false });
  utimesSync(path, 1, 1); // made at another time, should it have got the same inode
  assert.equal(removeSocketFile(mine), false);
  assert.ok(existsSync(path));
  assert.equal(removeSocketFile(socketFileAt(path) as SocketFile), true);
  assert.equal(removeSocketFile(mine), false, "it is gone already");
  closeFd(first);
  closeFd(second);
});

test("socketFileAt knows no file that is none, or none of a socket", () => {
  assert.equal(socketFileAt(join(folder, "nothing")), undefined);
  assert.equal(socketFileAt(folder), undefined);
});

test("dressSocketFile sets the mode", () => {
  const path = join(folder, "mode.sock");
  const fd = bindStream(unix(path), { v6Only: false });
  dressSocketFile(path, { mode: 0o620 });
  assert.equal(lstatSync(path).mode & 0o777, 0o620);
  dressSocketFile(path, {});
  assert.equal(lstatSync(path).mode & 0o777, 0o620);
  closeFd(fd);
});

const notRoot = process.getuid?.() === 0 ? false : "only root can give files away";
test("dressSocketFile sets the user and the group", { skip: notRoot }, () => {
  const path = join(folder, "owner.sock");
  const fd = bindStream(unix(path), { v6Only: false });
  dressSocketFile(path, { uid: 12345 });
  dressSocketFile(path, { gid: 54321, mode: 0o660 });
  const { uid, gid, mode } = lstatSync(path);
  assert.deepEqual([uid, gid, mode & 0o777], [12345, 54321, 0o660]);
  closeFd(fd);
});
