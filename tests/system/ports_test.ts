import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { test } from "node:test";
import { thisMachine } from "../../lib/listen/machine.ts";
import { UdpClient, UnixDatagramClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { ownLoopback } from "../support/loopback.ts";
import { exchange, fixture, signal, TestServer, withServer } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const noIPv6 = thisMachine.canBindIPv6("::1") ? false : "this machine has no IPv6";
const DATAGRAMS = { handler: fixture("datagrams.ts") };

/** One whole dialogue with an echo over a socket's file or an address. */
async function talk(to: { path: string } | { host: string; port: number }): Promise<string> {
  const socket = createConnection(to);
  const heard = new Promise<string>((resolve, reject) => {
    let text = "";
    socket.on("data", (bytes) => text += bytes).on("error", reject).on("close", () => resolve(text));
  });
  socket.write("hello\nquit\n");
  try {
    return await within(heard, "the end of a dialogue");
  } finally {
    socket.destroy();
  }
}

const DIALOGUE = /^Welcome to "Tine::\w+" \(\d+\)\r\n.*You said "hello"\r\n.*You said "quit"\r\n$/s;

async function withUdp<T>(port: number, body: (client: UdpClient) => Promise<T>, host?: string): Promise<T> {
  const client = new UdpClient(port, host);
  try {
    return await body(client);
  } finally {
    client.close();
  }
}

test("the echo answers datagrams as Net::Server's does, over UDP with IPv4", { timeout }, async () => {
  const args = ["--port", "127.0.0.1:0/udp", "--max_servers", "2", "--log_level", "4"];
  await withServer(args, { ports: 0 }, async (server) => {
    await server.up(1);
    await withUdp(server.port, async (client) => {
      assert.equal(await client.ask("hello"), 'You said "hello"');
      assert.equal(await client.ask(""), 'You said ""');
      assert.equal(await client.ask("é€\r\n"), 'You said "é€\r\n"');
      assert.match(await client.ask("dump"), /"udpRecvLen": 4096/);
    });
    await server.says(/ CONNECT UDP Peer: "\[127\.0\.0\.1\]:\d+" Local: "\[127\.0\.0\.1\]:\d+"\n/);
    await server.says(/Listening on 127\.0\.0\.1:\d+\/udp /);
  });
});

test("one UDP port serves both families, and one of IPv6 that alone", { timeout, skip: noIPv6 }, async () => {
  const args = ["--port", "0/udp", "--port", "[::1]:0/udp", "--max_servers", "2"];
  await withServer(args, { ports: 0 }, async (server) => {
    await server.up(2);
    const [both = 0, six = 0] = server.ports;
    assert.equal(await withUdp(both, (client) => client.ask("four")), 'You said "four"');
    assert.equal(await withUdp(both, (client) => client.ask("six"), "::1"), 'You said "six"');
    assert.equal(await withUdp(six, (client) => client.ask("only"), "::1"), 'You said "only"');
  });
});

test("TCP ports serve IPv4, IPv6 and both, as the lists and the entries say", {
  timeout,
  skip: noIPv6,
}, async () => {
  // A host that has both families shares one number between its sockets.
  const ports = ["127.0.0.1:0", "[::1]:0", "*:0", "*:0:IPv4 IPv6", "[::]|0|tcp|IPv6"].flatMap((
    port,
  ) => ["--port", port]);
  await withServer([...ports, "--max_servers", "2"], { ports: 0 }, async (server) => {
    await server.up(6);
    const [four = 0, six = 0, both = 0, pair = 0, again = 0, only = 0] = server.ports;
    assert.equal(pair, again);
    for (const port of [four, both, pair]) assert.match(await talk({ host: "127.0.0.1", port }), DIALOGUE);
    for (const port of [six, both, pair, only]) assert.match(await talk({ host: "::1", port }), DIALOGUE);
    await assert.rejects(talk({ host: "::1", port: four }), /ECONNREFUSED/);
    await assert.rejects(talk({ host: "127.0.0.1", port: six }), /ECONNREFUSED/);
    await assert.rejects(talk({ host: "127.0.0.1", port: only }), /ECONNREFUSED/);
  });
});

const FORMS: readonly string[] = [
  '"127.0.0.1:0"',
  '"localhost:0/tcp/IPv4"',
  '"127.0.0.1|0|tcp"',
  '"127.0.0.1, 0, tcp"',
  '"127.0.0.1/0"',
  '"127.0.0.1:0:IPv4"',
  '"0"', // the first of `host`
  "0",
  '{ port = 0, host = "127.0.0.1" }',
  '{ port = "0", host = "localhost", proto = "tcp", ipv = "4" }',
];

test("every form of a port in TOML serves its clients", { timeout }, async () => {
  const tables = FORMS.filter((form) => form.startsWith("{"));
  const plain = FORMS.filter((form) => !form.startsWith("{"));
  const list = `host = "127.0.0.1"\nport = [${plain.join(", ")}]\n`;
  const blocks = tables.map((table) => `[[port]]\n${table.slice(2, -2).replaceAll(", ", "\n")}\n`).join("");
  for (const [text, count] of [[list, plain.length], [blocks, tables.length]] as const) {
    await withServer(["--conf_file", "FOLDER/t.toml", "--max_servers", "2"], {
      ports: 0,
      files: { "t.toml": text },
    }, async (server) => {
      await server.up(count);
      assert.equal(new Set(server.ports).size, count);
      for (const port of server.ports) assert.match(await talk({ host: "127.0.0.1", port }), DIALOGUE);
    });
  }
});

/** A service that anybody may offer: its name and number. */
const service = [...thisMachine.readServices().matchAll(/^([\w-]+)\s+(\d+)\/tcp/gm)]
  .map(([, name = "", number]) => ({ name, port: Number(number) }))
  .find(({ port }) => port >= 1024);

test("a port can be the name of a service", {
  timeout,
  skip: service === undefined ? "no /etc/services" : false,
}, async () => {
  const { name, port } = service as NonNullable<typeof service>;
  await withServer(
    ["--port", `${ownLoopback}:${name}`, "--max_servers", "1"],
    { ports: 0 },
    async (server) => {
      await server.says(/Listening on/);
      await server.says(
        new RegExp(`Resolved \\[${ownLoopback}\\]:${name} to \\[${ownLoopback}\\]:${port}, IPv4`),
      );
      assert.match(await talk({ host: ownLoopback, port }), DIALOGUE);
    },
  );
});

test("a server that has every kind of port, under every serializer", { timeout }, async () => {
  for (const serialize of ["flock", "semaphore", "pipe"]) {
    const ports = ["127.0.0.1:0", "127.0.0.1:0/udp", "FOLDER/s.sock|unix", "FOLDER/d.sock|unixdgram"];
    const args = [
      ...ports.flatMap((port) => ["--port", port]),
      "--serialize",
      serialize,
      "--max_servers",
      "3",
    ];
    await withServer(args, { ports: 0 }, async (server) => {
      await server.says(/Listening on/);
      await server.up(2);
      const [tcp = 0, udp = 0] = server.ports;
      const path = `${server.folder}/s.sock`;
      const datagrams = new UnixDatagramClient(`${server.folder}/d.sock`, `${server.folder}/client.sock`);
      for (let i = 0; i < 3; i++) {
        await exchange(tcp);
        assert.equal(await withUdp(udp, (client) => client.ask("u")), 'You said "u"');
        assert.match(await talk({ path }), DIALOGUE);
        assert.equal(await datagrams.ask("d"), 'You said "d"');
      }
      datagrams.close();
      await server.stop();
      assert.deepEqual(readdirSync(server.folder).filter((file) => file.endsWith(".sock")), []);
    });
  }
});

for (const personality of ["PreFork", "Fork"]) {
  test(`${personality} serves every kind of port`, { timeout }, async () => {
    const ports = ["127.0.0.1:0", "127.0.0.1:0/udp", "FOLDER/s.sock|unix", "FOLDER/d.sock|unixdgram"];
    const args = [...ports.flatMap((port) => ["--port", port]), "--max_servers", "12"];
    await withServer(args, { ports: 0, personality }, async (server) => {
      await server.says(/Listening on/);
      await server.up(2);
      const [tcp = 0, udp = 0] = server.ports;
      const path = `${server.folder}/s.sock`;
      const datagrams = new UnixDatagramClient(`${server.folder}/d.sock`, `${server.folder}/client.sock`);
      // More at once than there are spares.
      const one = async () => {
        await exchange(tcp);
        assert.equal(await withUdp(udp, (client) => client.ask("u")), 'You said "u"');
        assert.match(await talk({ path }), DIALOGUE);
      };
      await Promise.all(Array.from({ length: 8 }, one));
      for (let i = 0; i < 3; i++) assert.equal(await datagrams.ask("d"), 'You said "d"');
      datagrams.close();
    });
  });
}

test("unix sockets have the mode that is asked for, and a type by unix_type", { timeout }, async () => {
  const args = [
    "--port",
    "FOLDER/x.sock",
    "--proto",
    "unix",
    "--unix_type",
    "SOCK_DGRAM",
    "--unix_mode",
    "0620",
  ];
  await withServer([...args, "--max_servers", "1", "--log_level", "3"], { ports: 0 }, async (server) => {
    await server.says(/Listening on .*x\.sock\|unixdgram/);
    assert.equal(lstatSync(`${server.folder}/x.sock`).mode & 0o777, 0o620);
    const client = new UnixDatagramClient(`${server.folder}/x.sock`, `${server.folder}/client.sock`);
    assert.equal(await client.ask("hello"), 'You said "hello"');
    client.close();
    await server.says(/ CONNECT UNIXDGRAM Socket: ".*x\.sock"/);
  });
});

test("a sender that cannot be answered costs no child", { timeout }, async () => {
  const args = ["--port", "FOLDER/x.sock|unixdgram", "--max_servers", "1", "--log_level", "4"];
  await withServer(args, { ports: 0 }, async (server) => {
    const [child = 0] = await server.untilReady(1);
    // So that the sender has gone when it is answered.
    signal(child, "SIGSTOP");
    const gone = new UnixDatagramClient(`${server.folder}/x.sock`, `${server.folder}/gone.sock`);
    gone.send("and away");
    gone.close();
    signal(child, "SIGCONT");
    await server.says(/Cannot answer .*gone\.sock: (no such file or directory|.*ECONNREFUSED)/);
    assert.deepEqual(server.ready(), [child]);
  });
});

test(
  "a datagram longer than udp_recv_len is cut, the handler sees it, and the log says so",
  { timeout },
  async () => {
    const args = ["--port", "127.0.0.1:0/udp", "--udp_recv_len", "8", "--max_servers", "1"];
    await withServer(args, { ...DATAGRAMS, ports: 0 }, async (server) => {
      await server.up(1);
      await withUdp(server.port, async (client) => {
        assert.match(await client.ask("12345678"), /^\d+ 1 12345678$/);
        assert.match(await client.ask("123456789"), /^\d+ 2 cut 12345678$/);
        assert.match(await client.ask("123456789"), /^\d+ 3 cut 12345678$/);
      });
      await server.says(/Cut a datagram/);
      assert.equal(server.count(/Cut a datagram to udp_recv_len, 8 bytes; raise that/), 1);
    });
  },
);

test("max_requests counts datagrams", { timeout }, async () => {
  const args = ["--port", "127.0.0.1:0/udp", "--max_requests", "5", "--max_servers", "1"];
  await withServer(args, { ...DATAGRAMS, ports: 0 }, async (server) => {
    await server.up(1);
    const counts = new Map<string, number[]>();
    await withUdp(server.port, async (client) => {
      for (let i = 0; i < 20; i++) {
        const [pid = "", count] = (await client.ask("x")).split(" ");
        counts.set(pid, [...counts.get(pid) ?? [], Number(count)]);
      }
    });
    assert.deepEqual([...counts.values()], Array(4).fill([1, 2, 3, 4, 5]));
  });
});

/** How often the threads of a process have gone to sleep so far. */
function sleeps(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
  }, 0);
}

test("a datagram wakes one child", { timeout }, async () => {
  const args = ["--port", "127.0.0.1:0/udp", "--max_servers", "6", "--log_level", "4"];
  await withServer(args, { ...DATAGRAMS, ports: 0 }, async (server) => {
    await server.up(1);
    const pids = await server.untilReady(6);
    const before = new Map(pids.map((pid) => [pid, sleeps(pid)]));
    const served = new Set<number>();
    await withUdp(server.port, async (client) => {
      for (let i = 0; i < 300; i++) served.add(Number((await client.ask("x")).split(" ")[0]));
    });
    const woken = pids.reduce((sum, pid) => sum + sleeps(pid) - (before.get(pid) as number), 0);
    // Had each datagram woken all six, there would have been some 1,800.
    assert.ok(woken < 900, `children were woken ${woken} times for 300 datagrams; ${served.size} served`);
  });
});

test("datagrams keep their order of hooks and can be denied", { timeout }, async () => {
  for (const env of [{}, { DENY: "1" }]) {
    const options = {
      handler: new URL("../../examples/every_hook.ts", import.meta.url).pathname,
      ports: 0,
      env,
    };
    await withServer(["--port", "127.0.0.1:0/udp", "--max_servers", "1"], options, async (server) => {
      const port = await until(
        () => Number(/Bound to auto-assigned port (\d+)/.exec(server.file("trail"))?.[1]),
        "the port",
      );
      const denied = "DENY" in env;
      assert.equal(await withUdp(port, (client) => client.ask("x")), denied ? "Not you.\r\n" : "Hello.\r\n");
      await until(
        () => server.trail.some(({ hook }) => hook === "postClientConnection"),
        "the last hook",
      );
      const child = server.trail.filter(({ role }) => role === "child").map(({ hook, detail }) =>
        `${hook} ${detail}`.trimEnd()
      );
      assert.deepEqual(child, [
        "childInit server",
        "postAccept 127.0.0.1",
        "allowDeny",
        denied ? "requestDenied" : "processRequest",
        `postProcessRequest ${!denied}`,
        "postClientConnection",
      ]);
    });
  }
});

test("a HUP keeps UDP and unix sockets, and the files stay the server's own", { timeout }, async () => {
  const ports = ["127.0.0.1:0/udp", "FOLDER/s.sock|unix", "FOLDER/d.sock|unixdgram"];
  const args = [...ports.flatMap((port) => ["--port", port]), "--max_servers", "2", "--log_level", "4"];
  await withServer(args, { ports: 0 }, async (server) => {
    await server.untilReady(2);
    await server.up(1);
    const files = ["s.sock", "d.sock"].map((name) => `${server.folder}/${name}`);
    const inodes = () => files.map((file) => lstatSync(file).ino);
    const before = inodes();
    const descriptors = server.descriptors();
    const sent = new UdpClient(server.port);
    for (let i = 1; i <= 2; i++) {
      signal(server.pid, "SIGHUP");
      // This one comes in the middle of it, and is answered by a child of either side.
      sent.send(`during ${i}`);
      assert.equal(await sent.hear(), `You said "during ${i}"`);
      await server.says(/Parent ready for children/, { times: i + 1 });
      await server.untilReady(2);
      assert.deepEqual(inodes(), before);
      await until(
        () => server.descriptors() <= descriptors + 2,
        "the descriptors of old children are closed",
      );
    }
    sent.close();
    assert.match(await talk({ path: files[0] as string }), DIALOGUE);
    const client = new UnixDatagramClient(files[1] as string, `${server.folder}/client.sock`);
    assert.equal(await client.ask("still"), 'You said "still"');
    client.close();
    await server.stop();
    assert.deepEqual(files.filter((file) => existsSync(file)), []);
  });
});

test(
  "a HUP closes the ports that the configuration no longer has, with their files",
  { timeout },
  async () => {
    await withServer(["--conf_file", "FOLDER/t.conf", "--max_servers", "1", "--log_level", "4"], {
      ports: 0,
      wait: false,
      files: { "t.conf": "port FOLDER/a.sock|unix\nport FOLDER/b.sock|unix\n" },
    }, async (server) => {
      await server.untilReady(1);
      writeFileSync(
        `${server.folder}/t.conf`,
        `port ${server.folder}/b.sock|unix\nport ${server.folder}/c.sock|unix\n`,
      );
      signal(server.pid, "SIGHUP");
      await server.says(/Parent ready for children/, { times: 2 });
      assert.deepEqual(readdirSync(server.folder).filter((file) => file.endsWith(".sock")).toSorted(), [
        "b.sock",
        "c.sock",
      ]);
      for (const name of ["b", "c"]) {
        assert.match(await talk({ path: `${server.folder}/${name}.sock` }), DIALOGUE);
      }
    });
  },
);

test("the socket's file of a server that was killed is replaced by the next start", { timeout }, async () => {
  const args = (
    folder: string,
  ) => ["--port", `${folder}/s.sock|unix`, "--max_servers", "1", "--log_level", "4"];
  const killed = new TestServer(args("FOLDER"), { ports: 0 });
  try {
    await killed.untilReady(1);
    signal(killed.pid, "SIGKILL");
    await killed.end();
    await until(() => killed.remains().length === 0, "the end of its children");
    const path = `${killed.folder}/s.sock`;
    const { ino, mtimeMs } = lstatSync(path);
    await withServer(args(killed.folder), { ports: 0 }, async (server) => {
      await server.untilReady(1);
      const now = lstatSync(path);
      assert.notDeepEqual([now.ino, now.mtimeMs], [ino, mtimeMs]);
      assert.match(await talk({ path }), DIALOGUE);
      // A second server must not take it from one that runs.
      const second = new TestServer(args(killed.folder), { ports: 0 });
      assert.deepEqual(await second.end(), { code: 69, signal: null });
      assert.match(second.text, /s\.sock.*another server has this socket; stop the other server/);
      second.clear();
      assert.match(await talk({ path }), DIALOGUE);
    });
    assert.equal(existsSync(path), false);
  } finally {
    killed.clear();
  }
});
