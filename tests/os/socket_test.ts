import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SystemError } from "../../lib/errors.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { EOPNOTSUPP } from "../../lib/os/errno.ts";
import {
  bindDatagram,
  bindStream,
  listenOn,
  localAddress,
  receiveFrom,
  sendTo,
  socketKind,
  startListening,
  tryConnect,
} from "../../lib/os/socket.ts";
import { isListening } from "../../lib/os/listening_socket.ts";
import { createWaitSet } from "../../lib/os/epoll.ts";
import { pollHere, POLLIN } from "../../lib/os/wait.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-");

const TCP = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;
const UDP = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
const v6Only = true;
const MSG_PEEK = 2;

function unix(name: string) {
  return { transport: "unix", hostname: "", port: 0, path: join(folder, name) } as const;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isSystemError(code: string, call: string): (error: unknown) => boolean {
  return (error) => error instanceof SystemError && error.code === code && error.call === call;
}

test("a datagram goes to an address, and its answer to where it came from", () => {
  const [server, client] = [bindDatagram(UDP, { v6Only }), bindDatagram(UDP, { v6Only })];
  const room = new Uint8Array(16);
  assert.equal(receiveFrom(server, room), undefined, "nothing is there yet");
  assert.equal(sendTo(client, bytesOf("ask"), localAddress(server)), true);
  assert.ok(pollHere(server, POLLIN, 1000));
  assert.equal(receiveFrom(server, room, MSG_PEEK)?.length, 3);
  const datagram = receiveFrom(server, room);
  assert.ok(datagram);
  assert.deepEqual(datagram.peer, { ...localAddress(client), transport: "udp" });
  assert.deepEqual(room.subarray(0, 3), bytesOf("ask"));
  assert.equal(receiveFrom(server, room), undefined, "it was taken");
  assert.equal(sendTo(server, bytesOf("answer"), datagram.peerName), true);
  assert.ok(pollHere(client, POLLIN, 1000));
  assert.equal(receiveFrom(client, room)?.length, 6);
  closeFd(server);
  closeFd(client);
});

test("an empty datagram is one too", () => {
  const [server, client] = [bindDatagram(UDP, { v6Only }), bindDatagram(UDP, { v6Only })];
  assert.equal(sendTo(client, new Uint8Array(0), localAddress(server)), true);
  assert.ok(pollHere(server, POLLIN, 1000));
  assert.equal(receiveFrom(server, new Uint8Array(16))?.length, 0);
  assert.equal(receiveFrom(server, new Uint8Array(16)), undefined);
  closeFd(server);
  closeFd(client);
});

test("what has no room of a datagram is lost, and not taken for another", () => {
  const [server, client] = [bindDatagram(UDP, { v6Only }), bindDatagram(UDP, { v6Only })];
  sendTo(client, bytesOf("0123456789"), localAddress(server));
  sendTo(client, bytesOf("next"), localAddress(server));
  const room = new Uint8Array(4);
  assert.ok(pollHere(server, POLLIN, 1000));
  assert.equal(receiveFrom(server, room)?.length, 4);
  assert.ok(pollHere(server, POLLIN, 1000));
  receiveFrom(server, room);
  assert.deepEqual(room, bytesOf("next"));
  closeFd(server);
  closeFd(client);
});

test("a unix sender without a path has an empty one, and cannot be answered", () => {
  const address = unix("dgram.sock");
  const server = bindDatagram(address, { v6Only });
  const nameless = bindDatagram(UDP, { v6Only });
  assert.throws(() => sendTo(nameless, bytesOf("x"), address), SystemError);
  closeFd(nameless);
  const client = bindDatagram(unix("client.sock"), { v6Only });
  assert.equal(sendTo(client, bytesOf("x"), address), true);
  assert.equal(receiveFrom(server, new Uint8Array(4))?.peer.path, join(folder, "client.sock"));
  closeFd(server);
  assert.throws(() => sendTo(client, bytesOf("x"), address), isSystemError("ECONNREFUSED", "sendto"));
  closeFd(client);
});

test("a datagram that is too long is refused with EMSGSIZE", () => {
  const client = bindDatagram(UDP, { v6Only });
  assert.throws(
    () => sendTo(client, new Uint8Array(70_000), { ...UDP, port: 9 }),
    isSystemError("EMSGSIZE", "sendto"),
  );
  closeFd(client);
});

test("only a socket that may broadcast reaches a broadcast address", () => {
  const to = { transport: "udp", hostname: "255.255.255.255", port: 9 } as const;
  const client = bindDatagram(UDP, { v6Only });
  assert.throws(() => sendTo(client, bytesOf("x"), to), isSystemError("EACCES", "sendto"));
  closeFd(client);
  const allowed = bindDatagram(UDP, { v6Only, broadcast: true });
  try {
    sendTo(allowed, bytesOf("x"), to);
  } catch (error) {
    assert.notEqual((error as SystemError).code, "EACCES"); // ENETUNREACH, where there is no network
  }
  closeFd(allowed);
});

test("a socket tells what it carries and whether it listens", () => {
  const stream = bindStream(TCP, { v6Only });
  const datagram = bindDatagram(UDP, { v6Only });
  const pipe = createPipe();
  assert.deepEqual([stream, datagram, pipe.read, 1_000_000].map(socketKind), [
    "stream",
    "datagram",
    undefined,
    undefined,
  ]);
  assert.deepEqual([stream, datagram, pipe.read].map(isListening), [false, false, false]);
  startListening(stream, 1, TCP);
  assert.equal(isListening(stream), true);
  startListening(stream, 100, TCP);
  for (const fd of [stream, datagram, pipe.read, pipe.write]) closeFd(fd);
});

test("tryConnect tells whether somebody is there", () => {
  const address = unix("try.sock");
  assert.equal(tryConnect(address, "stream"), "ENOENT");
  const fd = bindStream(address, { v6Only });
  assert.equal(tryConnect(address, "stream"), "ECONNREFUSED", "bound, but not listening");
  startListening(fd, 8, address);
  assert.equal(tryConnect(address, "stream"), undefined);
  assert.equal(tryConnect(address, "datagram"), "EPROTOTYPE");
  closeFd(fd);
  assert.equal(tryConnect(address, "stream"), "ECONNREFUSED");
  assert.equal(tryConnect(address, "datagram"), "ECONNREFUSED");
});

test("a socket that cannot be had leaves no descriptor and names the call", () => {
  const first = bindDatagram(UDP, { v6Only });
  const taken = { ...UDP, port: localAddress(first).port };
  assert.throws(() => bindDatagram(taken, { v6Only }), isSystemError("EADDRINUSE", "bind"));
  const tcp = listenOn(TCP, { backlog: 1, v6Only });
  assert.throws(
    () => bindStream({ ...TCP, port: localAddress(tcp).port }, { v6Only }),
    isSystemError("EADDRINUSE", "bind"),
  );
  assert.throws(
    () => startListening(first, 1, UDP),
    (error) => error instanceof SystemError && error.call === "listen" && error.errno === EOPNOTSUPP,
  );
  closeFd(first);
  closeFd(tcp);
});

test("a wait set forgets what is removed from it, and hears datagrams", () => {
  const set = createWaitSet();
  const [server, client] = [bindDatagram(UDP, { v6Only }), bindDatagram(UDP, { v6Only })];
  set.addShared(server);
  set.add(client);
  assert.equal(set.waitHere(0), 0);
  sendTo(client, bytesOf("x"), localAddress(server));
  assert.equal(set.waitHere(1000), 1);
  assert.deepEqual([set.has(server, 1), set.has(client, 1)], [true, false]);
  set.remove(server);
  assert.equal(set.waitHere(0), 0);
  set.close();
  closeFd(server);
  closeFd(client);
});
