import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { UdpClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { noPersonality, perlHooks } from "../support/perl_hooks.ts";
import { Client, example, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const MUX = { handler: fixture("mux.ts") };
const DEBUG = ["--log_level", "4"];
const EVERY_HOOK = { handler: example("every_hook.ts"), log: "trail" };

/** Runs `body` with clients that were greeted. */
async function withClients(
  server: TestServer,
  count: number,
  body: (...clients: Client[]) => Promise<void>,
): Promise<void> {
  const clients = Array.from({ length: count }, () => new Client(server.port));
  try {
    for (const client of clients) {
      assert.match(await client.line(), new RegExp(`^hello ${server.pid} \\d+$`));
    }
    await body(...clients);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Says a line, and checks the answer. */
async function ask(client: Client, line: string, answer: string | RegExp): Promise<void> {
  client.say(line);
  const heard = await client.line();
  if (typeof answer === "string") assert.equal(heard, answer);
  else assert.match(heard, answer);
}

/** How often a callback was called. */
function times(server: TestServer, callback: string): number {
  return server.trail.filter(({ hook }) => hook === callback).length;
}

async function untilCalled(server: TestServer, callback: string, count = 1): Promise<void> {
  await until(() => times(server, callback) >= count, () => `${count} × ${callback}`);
}

/** Lets callbacks go on that wait for the test's word. */
function goOn(server: TestServer): void {
  writeFileSync(join(server.folder, "trail.go"), "");
}

/** A client that reads nothing until it is told to. */
function deafClient(port: number): Socket {
  const socket = createConnection({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.pause();
  return socket;
}

/** Kilobytes of memory that a process holds. */
function memory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

for (const denied of [false, true]) {
  const whom = denied ? "a client that is denied" : "a client";
  test(
    `Multiplex calls hooks and callbacks in the order of Net::Server::Multiplex for ${whom}`,
    { timeout, skip: noPersonality("Multiplex") },
    async () => {
      const env: Record<string, string> = denied ? { DENY: "1" } : {};
      const visit = async (port: number, trail: () => string[]) => {
        const client = new Client(port);
        assert.equal(await client.line(), denied ? "Not you." : "Hello.");
        if (!denied) {
          client.say("something");
          // The end is to come after what was said, and not with it.
          await until(() => trail().includes("muxInput"), () => `muxInput; there are ${trail()}`);
        }
        client.end();
        assert.equal(await client.rest(), "");
      };
      const last = denied ? "postProcessRequest" : "muxClose";
      let expected = await perlHooks("Multiplex", env, async ({ port, trail }) => {
        await visit(port, trail);
        await until(() => trail().includes(last), () => `the last callback in Perl: ${trail()}`);
      });
      // There the object of the listening socket stands for who was denied; here there is none.
      if (denied) expected = expected.filter((hook) => hook !== "muxClose" && hook !== "muxEof");
      assert.ok(expected.includes(denied ? "requestDenied" : "muxEof"), `Perl noted ${expected}`);
      await withServer(["--server_type", "Multiplex"], { ...EVERY_HOOK, env }, async (server) => {
        await visit(server.port, () => server.trail.map(({ hook }) => hook));
        await untilCalled(server, last);
        await server.stop();
        assert.deepEqual(server.trail.map(({ hook }) => hook), expected);
      });
    },
  );
}

test("Multiplex serves many clients at once in one process", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 3, async (a, b, c) => {
      await ask(a as Client, "x", "3 x");
      await ask(c as Client, "y", "3 y");
      (b as Client).say("all good day");
      for (const client of [a, b, c]) assert.equal(await client?.line(), "good day");
    });
    await until(() => times(server, "muxClose") === 3, "everybody's muxClose");
    assert.deepEqual(server.children(), []);
    assert.match(server.text, /Listening on .* \(Multiplex, at most \d+ clients at a time,/);
  });
});

test("what muxInput does not consume is there again with what comes next", { timeout }, async () => {
  await withServer([], { ...MUX, env: { NOTE: "muxInput" } }, async (server) => {
    await withClients(server, 1, async (client) => {
      for (const [i, part] of ["on", "e\r", "\ntwo\r\nthr"].entries()) {
        client.send(part);
        await untilCalled(server, "muxInput", i + 1);
      }
      assert.deepEqual([await client.line(), await client.line()], ["1 one", "1 two"]);
      client.send("ee\r\n");
      assert.equal(await client.line(), "1 three");
    });
  });
});

test("a callback that waits holds up its own client, in order, and nobody else", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 2, async (slow, quick) => {
      slow?.say("slow 1\r\nslow 2\r\nand then");
      let heard = 0;
      const answers = (async () => {
        const lines = [];
        for (; heard < 3; heard++) lines.push(await slow?.line());
        return lines;
      })();
      for (let i = 0; i < 20; i++) await ask(quick as Client, `${i}`, `2 ${i}`);
      assert.equal(heard, 0, "the slow client's callback did not wait");
      goOn(server);
      assert.deepEqual(await answers, ["slow 1", "slow 2", "2 and then"]);
    });
  });
});

test("a client that vanishes is closed, and others are served", { timeout }, async () => {
  await withServer(DEBUG, MUX, async (server) => {
    await withClients(server, 2, async (gone, other) => {
      await gone?.reset();
      await untilCalled(server, "muxClose");
      await ask(other as Client, "x", "1 x");
      assert.equal(times(server, "muxEof"), 0);
    });
    // One that vanishes while its callback is under way.
    await withClients(server, 1, async (gone) => {
      gone.say("slow");
      await untilCalled(server, "waiting");
      await gone.reset();
      goOn(server);
      await untilCalled(server, "muxClose", 3);
    });
  });
});

test(
  "a client that reads nothing is cut off once too much waits for it, and holds up nobody",
  { timeout },
  async () => {
    await withServer([], MUX, async (server) => {
      await withClients(server, 1, async (quick) => {
        const before = memory(server.pid);
        const slow = deafClient(server.port);
        slow.write("flood 2000\r\n");
        await ask(quick, "x", /^\d x$/);
        await server.says(/Cut off 127\.0\.0\.1:\d+: \d+ bytes wait for it, and it does not take them/);
        await untilCalled(server, "muxClose");
        await ask(quick, "y", "1 y");
        const grown = memory(server.pid) - before;
        assert.ok(grown < 60_000, `the process grew by ${grown} kB, when 128 MB were written`);
        slow.destroy();
      });
    });
  },
);

test(
  "a client that does not read its answers is not listened to, and loses none of them",
  { timeout },
  async () => {
    await withServer([], MUX, async (server) => {
      await withClients(server, 1, async (quick) => {
        const slow = deafClient(server.port);
        // More questions than the answers to them find room anywhere.
        const count = 40_000;
        const question = `${"q".repeat(98)}\r\n`;
        slow.write(question.repeat(count));
        for (let i = 0; i < 50; i++) await ask(quick, "x", /^\d x$/);
        let received = 0;
        slow.on("data", (bytes) => received += bytes.length);
        slow.resume();
        const greeting = `hello ${server.pid} 2\r\n`.length;
        await until(
          () => received >= greeting + count * (question.length + 2),
          () => `${received} bytes`,
        );
        slow.destroy();
      });
      assert.equal(server.count(/Cut off/), 0);
    });
  },
);

test("drained waits for a slow reader, so that it gets everything", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    const slow = deafClient(server.port);
    slow.write("stream 200\r\n");
    await untilCalled(server, "full");
    let received = 0;
    let last = "";
    slow.on("data", (bytes) => {
      received += bytes.length;
      last = (last + bytes.toString()).slice(-6);
    });
    slow.resume();
    await until(() => last === "over\r\n", () => `the end; ${received} bytes came`);
    assert.ok(received > 200 * 65536);
    slow.destroy();
  });
});

test("muxTimeout is called once for each setTimeout, unless that is called off", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 2, async (a, b) => {
      b?.say("timeout 0.3");
      a?.say("timeout 30");
      await ask(a as Client, "x", "2 x");
      await ask(a as Client, "timeout 0.05", "time");
      await ask(a as Client, "timeout 0.05\r\ntimeout off\r\nx", "2 x");
      assert.equal(await b?.line(), "time");
      await ask(a as Client, "y", "2 y");
      assert.equal(times(server, "muxTimeout"), 2);
    });
  });
});

test("muxEof gets what is left, and what it writes is still sent", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 1, async (client) => {
      client.send("whole\r\nhalf");
      client.end();
      assert.deepEqual([await client.line(), await client.line()], ["1 whole", "rest half"]);
      assert.equal(await client.rest(), "");
      await untilCalled(server, "muxClose");
      assert.deepEqual(server.trail.map(({ hook }) => hook), ["muxConnection", "muxEof", "muxClose"]);
    });
  });
});

test("close sends what waits and nothing after it; abort sends nothing", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 2, async (a, b) => {
      a?.say("close\r\nignored");
      assert.equal(await a?.rest(), "bye\r\n");
      await untilCalled(server, "muxClose");
      b?.say("abort");
      assert.equal(await b?.rest(), "");
      await untilCalled(server, "muxClose", 2);
      assert.equal(times(server, "muxEof"), 0);
    });
  });
});

test("a callback that throws ends its client, is named, and harms nobody", { timeout }, async () => {
  await withServer([], { ...MUX, env: { THROW: "muxClose" } }, async (server) => {
    await withClients(server, 2, async (a, b) => {
      a?.say("throw");
      assert.equal(await a?.rest(), "");
      await server.says(/For 127\.0\.0\.1:\d+, which is cut off, muxInput threw Error: on purpose/);
      await server.says(/For 127\.0\.0\.1:\d+, which is cut off, muxClose threw Error: on purpose/);
      await ask(b as Client, "x", "1 x");
    });
  });
});

test("a mux that throws ends its client, and the next one finds the server there", { timeout }, async () => {
  await withServer([], { ...MUX, env: { THROW: "mux" } }, async (server) => {
    for (let i = 1; i < 3; i++) {
      const client = new Client(server.port);
      assert.equal(await client.rest(), "");
      client.close();
      await server.says(/For 127\.0\.0\.1:\d+, which is cut off, mux threw Error: on purpose/, { times: i });
    }
  });
});

for (const hook of ["postAccept", "allowDeny", "requestDenied", "postProcessRequest"]) {
  test(`a ${hook} that throws ends its client in Multiplex, and is named`, { timeout }, async () => {
    const options = { handler: fixture("throwing.ts"), env: { THROW: hook } };
    await withServer(["--server_type", "Multiplex"], options, async (server) => {
      for (let i = 1; i < 3; i++) {
        const client = new Client(server.port);
        await client.rest();
        client.close();
        await server.says(new RegExp(`The hook ${hook} threw Error: on purpose`), { times: i });
      }
    });
  });
}

test("a client that sends without end what nobody consumes is cut off", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 1, async (other) => {
      const flooder = deafClient(server.port);
      flooder.write("x".repeat(4 << 20));
      await server.says(/Cut off 127\.0\.0\.1:\d+: it sent \d+ bytes of unread input/);
      await ask(other, "x", "1 x");
      flooder.destroy();
    });
  });
});

test(
  "with idle_timeout a client that says nothing is cut off, and one that talks is not",
  { timeout },
  async () => {
    await withServer([...DEBUG, "--idle_timeout", "2"], MUX, async (server) => {
      await withClients(server, 2, async (silent, talker) => {
        let end: string | undefined;
        const rest = silent?.rest().then((text) => end = text);
        await until(async () => {
          await ask(talker as Client, "x", /^\d x$/);
          return end !== undefined;
        }, "the end of the silent client");
        assert.equal(await rest, "");
        assert.match(server.text, /it said nothing for 2 s/);
        await ask(talker as Client, "y", "1 y");
      });
    });
  },
);

test("five hundred clients at once are all served, and SIGTERM closes everybody", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 500, async (...clients) => {
      await Promise.all(clients.map((client, i) => ask(client, `${i}`, `500 ${i}`)));
      clients[7]?.say("all here");
      for (const client of clients) assert.equal(await client.line(), "here");
      signal(server.pid, "SIGTERM");
      for (const client of clients) assert.equal(await client.rest(), "");
      await server.end();
      assert.equal(times(server, "muxClose"), 500);
    });
  });
});

test("a process with few descriptors lets clients wait until others have left", { timeout }, async () => {
  await withServer([], { ...MUX, wrapper: ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"'] }, async (server) => {
    await server.says(/at most 32 clients at a time/);
    await withClients(server, 32, async (...clients) => {
      const next = new Client(server.port);
      let heard = false;
      const greeting = next.line().then((line) => {
        heard = true;
        return line;
      });
      await server.says(/There are 32 clients, which is the most: others wait their turn/);
      await ask(clients[0] as Client, "x", "32 x");
      assert.equal(heard, false);
      clients[5]?.close();
      assert.match(await greeting, /^hello/);
      next.close();
    });
    await withClients(server, 32, (...clients) => ask(clients[31] as Client, "x", "32 x"));
  });
});

test("SIGHUP restarts Multiplex in place: answers are sent, sockets stay", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 2, async (idle, busy) => {
      busy?.say("slow answer");
      await untilCalled(server, "waiting");
      signal(server.pid, "SIGHUP");
      await server.says(/Reloading/);
      goOn(server);
      assert.equal(await busy?.line(), "slow answer");
      assert.equal(await busy?.rest(), "");
      assert.equal(await idle?.rest(), "");
      await until(() => times(server, "muxClose") === 2, "everybody's muxClose");
    });
    await server.says(/Listening on/, { times: 2 });
    await withClients(server, 1, (client) => ask(client, "x", "1 x"));
    await server.says(/Re-exec/);
  });
});

test("a callback that does not end is cut off by a restart after stop_timeout", { timeout }, async () => {
  await withServer(["--stop_timeout", "0.2"], MUX, async (server) => {
    await withClients(server, 1, async (client) => {
      client.say("never");
      await untilCalled(server, "waiting");
      signal(server.pid, "SIGHUP");
      assert.equal(await client.rest(), "");
    });
    await server.says(/1 client is cut off/);
    await server.says(/Listening on/, { times: 2 });
    await withClients(server, 1, (client) => ask(client, "x", "1 x"));
  });
});

for (const name of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
  test(`${name} ends Multiplex, and everybody gets a muxClose`, { timeout }, async () => {
    await withServer([], MUX, async (server) => {
      await withClients(server, 3, async (...clients) => {
        clients[1]?.say("slow answer");
        await untilCalled(server, "waiting");
        signal(server.pid, name);
        if (name === "SIGQUIT") {
          await server.says(/Server closing!/);
          goOn(server);
        }
        // Only QUIT waits for what is under way.
        assert.equal(await clients[1]?.rest(), name === "SIGQUIT" ? "slow answer\r\n" : "");
        for (const client of [clients[0], clients[2]]) assert.equal(await client?.rest(), "");
      });
      await server.stop();
      assert.equal(times(server, "muxClose"), 3);
    });
  });
}

test("SIGTERM does not wait for a callback that does not end", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 1, async (client) => {
      client.say("never");
      await untilCalled(server, "waiting");
      signal(server.pid, "SIGTERM");
      assert.equal(await client.rest(), "");
      await server.stop();
      assert.equal(times(server, "muxClose"), 1);
    });
  });
});

test("a program that says done ends Multiplex", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 2, async (a, b) => {
      a?.say("done");
      assert.equal(await b?.rest(), "");
    });
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  });
});

test("check_for_dequeue calls runDequeue in the process every so often", { timeout }, async () => {
  await withServer(["--check_for_dequeue", "0.1"], { ...MUX, env: { DEQUEUE: "1" } }, async (server) => {
    await untilCalled(server, "runDequeue", 3);
    await withClients(server, 1, (client) => ask(client, "x", "1 x"));
    assert.doesNotMatch(server.text, /is ignored/);
  });
});

test("Multiplex refuses a handler without a mux in one line, and binds nothing", { timeout }, async () => {
  const options = { handler: example("echo.ts"), wait: false, code: 78 };
  await withServer(["--server_type", "Multiplex"], options, async (server) => {
    await server.end();
    assert.match(
      server.text,
      /^tine: Cannot run Multiplex: the handler has no mux; export one, such as .*$/m,
    );
    assert.doesNotMatch(server.text, /Binding/);
  });
});

test("an idle Multiplex sleeps, whoever is connected", { timeout }, async () => {
  await withServer([], MUX, async (server) => {
    await withClients(server, 20, async (...clients) => {
      await ask(clients[3] as Client, "x", "20 x");
      await server.untilAtRest();
    });
  });
});

test("Multiplex serves datagrams beside connections, each as a client of its own", { timeout }, async () => {
  await withServer(["--port", "127.0.0.1:0/udp"], { ...MUX, ports: 2 }, async (server) => {
    // The ports of withServer come first.
    const [, , udp = 0] = await server.boundPorts(3);
    await withClients(server, 1, async (client) => {
      const sender = new UdpClient(udp);
      try {
        assert.equal(await sender.ask("hi"), "answer hi");
        assert.equal(await sender.hear(), "udp 2 1");
        assert.equal(await client.line(), "hi");
        assert.equal(await sender.ask(""), "answer ");
        assert.equal(await sender.hear(), "udp 3 1");
        assert.equal(await client.line(), "");
        // One that waits holds up nobody, and one that throws is named.
        sender.send("slow");
        sender.send("throw");
        sender.send("timeout");
        assert.equal(await sender.ask("quick"), "answer quick");
        assert.equal(await sender.hear(), "udp 7 1");
        goOn(server);
        assert.equal(await sender.hear(), "answer slow");
        await server.says(/For a datagram of 127\.0\.0\.1:\d+, muxInput threw Error: on purpose/);
        await server.says(/muxInput threw Error: Cannot set a timeout for a datagram/);
        await untilCalled(server, "muxClose", 6);
      } finally {
        sender.close();
      }
    });
  });
});

test("QUIT lets Multiplex answer the datagram that it has taken", { timeout }, async () => {
  await withServer(["--port", "127.0.0.1:0/udp"], { ...MUX, ports: 2 }, async (server) => {
    const [, , udp = 0] = await server.boundPorts(3);
    const sender = new UdpClient(udp);
    sender.send("slow");
    await untilCalled(server, "waiting");
    signal(server.pid, "SIGQUIT");
    await server.says(/Server closing!/);
    goOn(server);
    assert.equal(await sender.hear(), "answer slow");
    sender.close();
    await server.stop();
  });
});

test("a hook that denies, and one that throws, turns away a datagram", { timeout }, async () => {
  const args = ["--server_type", "Multiplex", "--port", "127.0.0.1:0/udp"];
  await withServer(args, { ...EVERY_HOOK, ports: 2, env: { DENY: "1" } }, async (server) => {
    const [, , udp = 0] = await server.boundPorts(3);
    const sender = new UdpClient(udp);
    assert.equal(await sender.ask("hi"), "Not you.\r\n");
    sender.close();
    await untilCalled(server, "postProcessRequest");
    assert.equal(times(server, "muxConnection"), 0);
  });
});

test("Multiplex serves unix sockets, and removes their files at its end", { timeout }, async () => {
  await withServer(["--port", "FOLDER/mux.sock|unix"], MUX, async (server) => {
    const path = join(server.folder, "mux.sock");
    let heard = "";
    const socket = createConnection({ path });
    socket.on("data", (bytes) => heard += bytes.toString());
    socket.write("x\r\n");
    await until(() => /^hello \d+ 1\r\n1 x\r\n$/.test(heard), () => heard);
    socket.destroy();
    await server.stop();
    assert.equal(existsSync(path), false);
  });
});

test("the rules on clients hold in Multiplex, for datagrams too", { timeout }, async () => {
  const args = [...DEBUG, "--port", "127.0.0.1:0/udp", "--deny", "127\\.0\\.0\\.1", "--allow", ".*"];
  await withServer(args, { ...MUX, ports: 2 }, async (server) => {
    const [, , udp = 0] = await server.boundPorts(3);
    const client = new Client(server.port);
    assert.equal(await client.rest(), "");
    const sender = new UdpClient(udp);
    sender.send("hi");
    await server.says(/DENY .*127\.0\.0\.1/, { times: 2 });
    sender.close();
    assert.deepEqual(server.trail, []);
  });
});
