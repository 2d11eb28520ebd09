import assert from "node:assert/strict";
import { test } from "node:test";
import { once } from "node:events";
import { DatagramConnection } from "../../lib/connection/datagram.ts";
import { ConnectionError } from "../../lib/errors.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { bindDatagram, localAddress, receiveFrom } from "../../lib/os/socket.ts";
import { encodeSockaddr } from "../../lib/os/sockaddr.ts";
import { pollHere, POLLIN } from "../../lib/os/wait.ts";

const encoder = new TextEncoder();

function udp() {
  return bindDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }, { v6Only: false });
}

/** A datagram's connection and its sender's socket. */
function received(content: string, body: (connection: DatagramConnection, sender: number) => Promise<void>) {
  const [server, sender] = [udp(), udp()];
  const remote = { ...localAddress(sender), transport: "udp" } as const;
  const connection = new DatagramConnection(server, {
    datagram: { bytes: encoder.encode(content), truncated: false },
    local: { ...localAddress(server), transport: "udp" },
    remote,
    peerName: encodeSockaddr(remote),
    timeout: 0,
  });
  return body(connection, sender).finally(() => {
    closeFd(server);
    closeFd(sender);
  });
}

function hear(fd: number): string {
  assert.ok(pollHere(fd, POLLIN, 5000), "nothing was sent");
  const bytes = new Uint8Array(1000);
  return new TextDecoder().decode(bytes.subarray(0, receiveFrom(fd, bytes)?.length));
}

test("read gives the datagram once, in pieces where there is little room, and then its end", async () => {
  await received("abcde", async (connection) => {
    const bytes = new Uint8Array(3);
    assert.equal(await connection.read(bytes), 3);
    assert.equal(new TextDecoder().decode(bytes), "abc");
    assert.equal(await connection.read(bytes), 2);
    assert.equal(new TextDecoder().decode(bytes.subarray(0, 2)), "de");
    assert.equal(await connection.read(bytes), null);
    assert.equal(await connection.read(new Uint8Array(0)), 0);
    assert.equal(new TextDecoder().decode(connection.datagram.bytes), "abcde");
  });
  await received("", async (connection) => assert.equal(await connection.read(new Uint8Array(3)), null));
});

test("lines, readable and duplex read the datagram as they read a stream", async () => {
  await received("one\r\ntwo", async (connection) => {
    assert.deepEqual(await Array.fromAsync(connection.lines()), ["one", "two"]);
  });
  await received("set 5\r\nhello\r\nrest", async (connection) => {
    assert.equal(await connection.readLine(), "set 5");
    assert.equal(String.fromCharCode(...await connection.readExactly(5) ?? []), "hello");
    assert.equal(await connection.readLine(), "");
    assert.equal(await connection.readLine(), "rest");
    assert.equal(await connection.readLine(), null);
    assert.equal(await connection.readExactly(1), null);
  });
  await received("a whole", async (connection) => {
    assert.equal(await new Response(connection.readable).text(), "a whole");
  });
  await received("a duplex", async (connection, sender) => {
    const duplex = await connection.duplex();
    assert.equal(String((await once(duplex, "data"))[0]), "a duplex");
    await new Promise<void>((resolve) => duplex.end("answer", resolve));
    assert.equal(hear(sender), "answer");
  });
});

test("a datagram's signal is aborted by abort and by close, also if it is asked for later", async () => {
  await received("x", async (connection) => {
    connection.abort("stop");
    assert.equal(connection.signal.reason, "stop");
    await Promise.resolve();
  });
  await received("x", async (connection) => {
    connection.close();
    assert.equal(connection.signal.aborted, true);
    await assert.rejects(connection.readLine(), (error: ConnectionError) => error.code === "EBADF");
  });
});

test("each write is a datagram to the sender", async () => {
  await received("x", async (connection, sender) => {
    assert.equal(await connection.write(encoder.encode("first")), 5);
    await Promise.all([connection.print("sécond"), connection.print("")]);
    const writer = connection.writable.getWriter();
    await writer.write(encoder.encode("third"));
    await writer.close();
    assert.deepEqual([hear(sender), hear(sender), hear(sender), hear(sender)], [
      "first",
      "sécond",
      "",
      "third",
    ]);
  });
});

test("close ends the handling of a datagram and leaves the socket open", async () => {
  await received("x", async (connection) => {
    const { signal } = connection;
    assert.equal(signal.aborted, false);
    connection.close();
    connection.close();
    assert.equal(signal.aborted, true);
    assert.equal(connection.closed, true);
    await assert.rejects(connection.write(encoder.encode("x")), { name: "ConnectionError", code: "EBADF" });
    assert.equal(localAddress(connection.fd).port, connection.localAddr.port);
  });
});

test("a sender that cannot be answered is an error of its connection", async () => {
  await received("x", async (connection) => {
    await assert.rejects(connection.write(new Uint8Array(70_000)), {
      name: "ConnectionError",
      code: "EMSGSIZE",
    });
    const nowhere = new DatagramConnection(connection.fd, {
      datagram: connection.datagram,
      local: connection.localAddr,
      remote: { transport: "unix", hostname: "", port: 0, path: "" },
      peerName: Uint8Array.of(1, 0),
      timeout: 0,
    });
    await assert.rejects(nowhere.print("x"), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.equal(error.message, "Cannot answer the client: it is bound to no path");
      return true;
    });
  });
});

test("a write to a unix socket whose reader is slow waits, and fails after the timeout", async () => {
  const address = (name: string) => ({ transport: "unix", hostname: "", port: 0, path: name }) as const;
  const names = [`/tmp/tine-${crypto.randomUUID()}.a`, `/tmp/tine-${crypto.randomUUID()}.b`];
  const [server, sender] = names.map((name) => bindDatagram(address(name), { v6Only: false })) as [
    number,
    number,
  ];
  const { rmSync } = await import("node:fs");
  try {
    const connection = new DatagramConnection(server, {
      datagram: { bytes: encoder.encode("x"), truncated: false },
      local: address(names[0] as string),
      remote: address(names[1] as string),
      peerName: encodeSockaddr(address(names[1] as string)),
      timeout: 30,
    });
    // net.unix.max_dgram_qlen is 10 by default; a machine may have more.
    const flood = async () => {
      for (let i = 0; i < 100_000; i++) await connection.print("y");
    };
    await assert.rejects(flood(), { name: "ConnectionError", code: "ETIMEDOUT" });
    connection.timeout = 0;
    const waiting = connection.print("z");
    hear(sender);
    await waiting;
  } finally {
    for (const fd of [server, sender]) closeFd(fd);
    for (const name of names) rmSync(name);
  }
});
