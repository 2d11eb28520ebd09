import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { SpawnError, SystemError } from "../../lib/errors.ts";
import { libc } from "../../lib/os/calls.ts";
import { closeFd, closeOnExec, createPipe, keepOnExec, openFile, Waker } from "../../lib/os/descriptor.ts";
import { errnoName, errnoSentence } from "../../lib/os/errno.ts";
import {
  type Ending,
  openProcess,
  processExists,
  type Program,
  reap,
  sendSignal,
  signalName,
  signalNumber,
  spawn,
} from "../../lib/os/process.ts";
import {
  createSharedMemory,
  mapSharedMemory,
  readSharedText,
  shareText,
} from "../../lib/os/shared_memory.ts";
import { acceptNow, listenOn, localAddress, peerAddress } from "../../lib/os/socket.ts";
import { decodeSockaddr, SOCKADDR_SIZE } from "../../lib/os/sockaddr.ts";
import { createWaitSet } from "../../lib/os/epoll.ts";
import { pollAway, pollHere, POLLIN, POLLOUT } from "../../lib/os/wait.ts";
import { timeout } from "../support/limits.ts";
import { until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "needs /proc";
const LOOPBACK = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;
const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;

function flags(fd: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return parseInt(/^flags:\s+(\d+)/m.exec(text)?.[1] ?? "", 8);
}

function shell(script: string): Program {
  return {
    path: "/bin/sh",
    argv: ["sh", "-c", script],
    environment: { A_WORD: "from the parent", NOT: undefined },
  };
}

async function ending(pid: number): Promise<Ending> {
  return await until(() => reap(pid), "the child's end") as Ending;
}

/** What a program writes to the pipe that it is started with. */
async function output(script: string, others: readonly number[] = []): Promise<string> {
  const pipe = createPipe();
  const program = shell(`exec >/proc/self/fd/${pipe.write}; ${script}`);
  const pid = spawn(program, { inherit: [pipe.write, ...others], heldBack: [] });
  closeFd(pipe.write);
  assert.deepEqual(await ending(pid), { pid, code: 0 });
  const text = read(pipe.read);
  closeFd(pipe.read);
  return text;
}

function read(fd: number): string {
  const bytes = new Uint8Array(65536);
  const n = libc.read(fd, bytes, bytes.length);
  return new TextDecoder().decode(bytes.subarray(0, Math.max(n, 0)));
}

test("a call that fails names itself, the error and what was tried", () => {
  const listener = listenOn(LOOPBACK, { backlog: 1, v6Only: true });
  const { port } = localAddress(listener);
  try {
    assert.throws(() => listenOn({ ...LOOPBACK, port }, { backlog: 1, v6Only: true }), (error) => {
      assert.ok(error instanceof SystemError);
      assert.equal(error.call, "bind");
      assert.equal(error.code, "EADDRINUSE");
      assert.equal(errnoName(error.errno), "EADDRINUSE");
      assert.equal(error.message, `Cannot bind 127.0.0.1:${port}: address already in use (EADDRINUSE)`);
      return true;
    });
  } finally {
    closeFd(listener);
  }
});

test("a listener that cannot be bound leaves no descriptor", { skip }, () => {
  const listener = listenOn(LOOPBACK, { backlog: 1, v6Only: true });
  const taken = { ...LOOPBACK, port: localAddress(listener).port };
  const fails = () => assert.throws(() => listenOn(taken, { backlog: 1, v6Only: true }));
  fails();
  const before = readdirSync("/proc/self/fd").length;
  for (let i = 0; i < 10; i++) fails();
  assert.ok(readdirSync("/proc/self/fd").length < before + 10);
  closeFd(listener);
});

test("error numbers have names and sentences", () => {
  assert.equal(errnoName(2), "ENOENT");
  assert.equal(errnoSentence("ENOENT"), "no such file or directory (ENOENT)");
  assert.equal(errnoSentence("EWHAT"), "EWHAT");
  assert.throws(
    () => openFile("/does/not/exist", { create: false }),
    (error) => error instanceof SystemError && error.code === "ENOENT" && error.call === "open",
  );
});

test("every descriptor is close-on-exec, and those to be waited for do not block", { skip }, () => {
  const pipe = createPipe();
  const waker = new Waker();
  const listener = listenOn(LOOPBACK, { backlog: 1, v6Only: true });
  const file = openFile("/dev/null", { create: false });
  const memory = createSharedMemory("test", 4096);
  const text = shareText("test", "x");
  const all = [pipe.read, pipe.write, waker.fd, listener, file, memory.fd, text];
  for (const fd of all) {
    assert.equal(flags(fd) & CLOEXEC, CLOEXEC, `descriptor ${all.indexOf(fd)} is inherited`);
  }
  for (const fd of [pipe.read, pipe.write, waker.fd, listener]) assert.equal(flags(fd) & NONBLOCK, NONBLOCK);
  keepOnExec(file);
  assert.equal(flags(file) & CLOEXEC, 0);
  closeOnExec(file);
  assert.equal(flags(file) & CLOEXEC, CLOEXEC);
  waker.close();
  for (const fd of [pipe.read, pipe.write, listener, file, memory.fd, text]) closeFd(fd);
});

test(
  "a client that is accepted has an address, is close-on-exec and does not block",
  { timeout, skip },
  async () => {
    const listener = listenOn(LOOPBACK, { backlog: 1, v6Only: true });
    const peer = new Uint8Array(SOCKADDR_SIZE);
    const length = new Uint8Array(Uint32Array.of(SOCKADDR_SIZE).buffer);
    assert.equal(acceptNow(listener, peer, length), -1, "nobody is there yet");
    assert.equal(peerAddress(listener), undefined);
    const { port } = localAddress(listener);
    const client = createConnection({ host: "127.0.0.1", port });
    await once(client, "connect");
    assert.equal(pollHere(listener, POLLIN, 1000), true);
    const fd = acceptNow(listener, peer, length);
    const expected = { transport: "tcp", hostname: "127.0.0.1", port: client.localPort };
    assert.deepEqual(decodeSockaddr(peer, new DataView(length.buffer).getUint32(0, true)), expected);
    assert.deepEqual(peerAddress(fd), expected);
    assert.deepEqual(localAddress(fd), { ...LOOPBACK, port });
    assert.equal(flags(fd) & CLOEXEC, CLOEXEC);
    assert.equal(flags(fd) & NONBLOCK, NONBLOCK);
    client.destroy();
    closeFd(fd);
    closeFd(listener);
  },
);

test("setting the flags of a descriptor that is closed fails with EBADF", () => {
  assert.throws(
    () => closeOnExec(1_000_000),
    (error) => error instanceof SystemError && error.code === "EBADF",
  );
});

test("a pipe carries bytes and its end", () => {
  const pipe = createPipe();
  assert.equal(pollHere(pipe.read, POLLIN, 0), false);
  assert.equal(pollHere(pipe.write, POLLOUT, 0), true);
  assert.equal(libc.write(pipe.write, new TextEncoder().encode("abc"), 3), 3);
  assert.equal(pollHere(pipe.read, POLLIN, 0), true);
  assert.equal(read(pipe.read), "abc");
  closeFd(pipe.write);
  assert.equal(pollHere(pipe.read, POLLIN, 0), true);
  assert.equal(libc.read(pipe.read, new Uint8Array(1), 1), 0);
  closeFd(pipe.read);
});

test("a waker is readable from its wake-up until that is taken", () => {
  const inherited = createPipe();
  for (const waker of [new Waker(), new Waker(inherited)]) {
    assert.equal(pollHere(waker.fd, POLLIN, 0), false);
    waker.wake();
    for (let i = 0; i < 20; i++) waker.wake();
    assert.equal(pollHere(waker.fd, POLLIN, 0), true);
    waker.take();
    assert.equal(pollHere(waker.fd, POLLIN, 0), false);
    waker.take();
    waker.wake();
    const other = new Waker(waker.ends);
    assert.equal(pollHere(other.fd, POLLIN, 0), true);
    waker.close();
  }
});

test("a wait set says which of its descriptors is readable", { timeout }, async () => {
  const set = createWaitSet();
  const [a, b] = [new Waker(), new Waker()];
  set.addShared(a.fd);
  set.add(b.fd);
  assert.equal(set.waitHere(0), 0);
  a.wake();
  assert.equal(set.waitHere(0), 1);
  assert.deepEqual([set.has(a.fd, 1), set.has(b.fd, 1)], [true, false]);
  a.take();
  const away = set.waitAway();
  b.wake();
  const count = await away;
  // A wait off this thread may end early; then the look tells.
  const found = count > 0 ? count : set.waitHere(1000);
  assert.deepEqual([set.has(a.fd, found), set.has(b.fd, found)], [false, true]);
  a.wake();
  assert.equal(set.waitHere(0), 2);
  set.remove(b.fd);
  assert.equal(set.waitHere(0), 1);
  assert.equal(set.has(a.fd, 1), true);
  set.close();
  a.close();
  b.close();
});

test("a wait set that waits away does not hold up this thread", { timeout }, async () => {
  const set = createWaitSet();
  const waker = new Waker();
  set.add(waker.fd);
  let over = false;
  const away = set.waitAway().then(() => over = true);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over, false);
  waker.wake();
  await away;
  set.close();
  waker.close();
});

test("a wait away ends with its timeout, or says which descriptor is ready", { timeout }, async () => {
  const [a, b] = [new Waker(), new Waker()];
  const both = [{ fd: a.fd, events: POLLIN }, { fd: b.fd, events: POLLIN }];
  const start = performance.now();
  assert.deepEqual(await pollAway(both, 60), [false, false]);
  assert.ok(performance.now() - start >= 55);
  assert.deepEqual(await pollAway(both, 0), [false, false]);
  const away = pollAway(both, -1);
  b.wake();
  assert.deepEqual(await away, [false, true]);
  a.wake();
  assert.deepEqual(await pollAway(both, 5000), [true, true]);
  a.close();
  b.close();
});

test(
  "a program is started with its arguments and environment, and its status is taken",
  { timeout },
  async () => {
    assert.equal(
      await output(`printf '%s,%s' "$A_WORD" "\${NOT-unset}"`),
      "from the parent,unset",
    );
    const pid = spawn(shell("exit 7"), { inherit: [], heldBack: [] });
    assert.deepEqual(await ending(pid), { pid, code: 7 });
    assert.equal(reap(pid), undefined);
    assert.equal(processExists(pid), false);
    assert.equal(sendSignal(pid, "SIGTERM"), false);
  },
);

test("the signal that ended a program is named", { timeout }, async () => {
  for (const name of ["SIGKILL", "SIGTERM"]) {
    const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "60"], environment: {} }, {
      inherit: [],
      heldBack: [],
    });
    assert.equal(processExists(pid), true);
    assert.equal(reap(pid), undefined);
    assert.equal(sendSignal(pid, name), true);
    assert.deepEqual(await ending(pid), { pid, signal: name });
  }
});

test("a signal that is held back does not end a program", { timeout, skip }, async () => {
  const program = { path: "/bin/sleep", argv: ["sleep", "60"], environment: {} };
  const pid = spawn(program, { inherit: [], heldBack: ["SIGTERM"] });
  const status = () => readFileSync(`/proc/${pid}/status`, "utf8");
  // At once, but for an emulator that knows no vfork(2): there the parent goes on before the program is executed.
  await until(() => /^SigBlk:\s+0000000000004000$/m.test(status()), status);
  sendSignal(pid, "SIGTERM");
  assert.match(status(), /^ShdPnd:\s+0000000000004000$/m);
  sendSignal(pid, "SIGKILL");
  assert.deepEqual(await ending(pid), { pid, signal: "SIGKILL" });
});

test("an inherited descriptor arrives under its number, and no other does", { timeout, skip }, async () => {
  const [given, kept] = [createPipe(), createPipe()];
  const list = await output(`for f in /proc/$$/fd/*; do echo "\${f##*/}"; done`, [
    given.read,
  ]);
  const seen = new Set(list.trim().split("\n").map(Number));
  assert.equal(seen.has(given.read), true);
  assert.deepEqual([given.write, kept.read, kept.write].filter((fd) => seen.has(fd)), []);
  assert.equal(flags(given.read) & CLOEXEC, CLOEXEC, "the parent's own stays close-on-exec");
  for (const fd of [given.read, given.write, kept.read, kept.write]) closeFd(fd);
});

test("a program that cannot be started is a SpawnError with the reason", () => {
  assert.throws(
    () => spawn({ path: "/does/not/exist", argv: ["x"], environment: {} }, { inherit: [], heldBack: [] }),
    (error) =>
      error instanceof SpawnError && /Cannot start \/does\/not\/exist: no such file/.test(error.message),
  );
});

test("a process's descriptor is readable once it has ended", { timeout, skip }, async () => {
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "60"], environment: {} }, {
    inherit: [],
    heldBack: [],
  });
  const fd = openProcess(pid);
  if (fd !== undefined) assert.equal(pollHere(fd, POLLIN, 0), false);
  sendSignal(pid, "SIGKILL");
  if (fd !== undefined) assert.equal(pollHere(fd, POLLIN, 5000), true);
  assert.deepEqual(await ending(pid), { pid, signal: "SIGKILL" });
  assert.equal(openProcess(pid), undefined);
  if (fd !== undefined) closeFd(fd);
});

test("signals have numbers by either name, and names by number", () => {
  assert.equal(signalNumber("SIGKILL"), 9);
  assert.equal(signalNumber("KILL"), 9);
  assert.equal(signalNumber("SIGNOTHING"), undefined);
  assert.equal(signalName(15), "SIGTERM");
  assert.equal(signalName(200), "signal 200");
});

test("shared text is read whole, again by each who has the descriptor", () => {
  const text = `{"é": "${"€".repeat(60_000)}"}`;
  const fd = shareText("text", text);
  const copy = libc.fcntl(fd, 0, 0); // F_DUPFD
  assert.equal(readSharedText(fd), text);
  assert.equal(readSharedText(copy), text);
  assert.equal(readSharedText(shareText("text", "")), "");
});

test("a child reads shared text by its descriptor", { timeout, skip }, async () => {
  const shared = shareText("text", "for the child");
  assert.equal(await output(`cat /proc/self/fd/${shared}`, [shared]), "for the child");
  closeFd(shared);
});

test("shared memory is zero at first, and seen by both mappings", () => {
  const memory = createSharedMemory("memory", 8192);
  const one = new Int32Array(memory.bytes);
  const two = new Int32Array(mapSharedMemory(memory.fd, 8192));
  assert.equal(one.length, 2048);
  assert.equal(one.every((word) => word === 0), true);
  one[5] = 42;
  assert.equal(two[5], 42);
  Atomics.store(two, 2047, -1);
  assert.equal(Atomics.load(one, 2047), -1);
  closeFd(memory.fd);
});

test("shared memory of a descriptor that is none fails with the call's name", () => {
  assert.throws(
    () => mapSharedMemory(1_000_000, 4096),
    (error) => error instanceof SystemError && error.call === "mmap" && error.code === "EBADF",
  );
});

test(
  "pollAway() of nothing lets its time pass, while the event loop has other work",
  { timeout },
  async () => {
    const other = (async () => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      return await until(() => true, "a timer");
    })();
    const start = performance.now();
    assert.deepEqual(await pollAway([], 30), []);
    assert.ok(performance.now() - start >= 25);
    await other;
  },
);
