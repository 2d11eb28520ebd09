import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../scripts/toolchain.ts";
import { ARM64_ENVIRONMENT, ARM64_RUNTIME, noArm64 } from "../support/arm64.ts";
import { notRoot, rootOf, threadsOf, withFolder } from "../support/daemon.ts";
import { UdpClient, UnixDatagramClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import {
  Client,
  exchange,
  fixture,
  onBun,
  signal,
  type StartOptions,
  type TestServer,
  withServer,
} from "../support/server.ts";
import { until } from "../support/until.ts";

// Under the emulator each process takes seconds to start: no test has more of them than it needs.

const skip = noArm64;
/** Its clients may say nothing for as long as they like. */
const PATIENT = { handler: fixture("many_clients.ts") };

/** Runs `body` with a server whose processes all run on the runtime for arm64. */
async function withArm64(
  args: readonly string[],
  options: StartOptions,
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  // A child serves for as long as it is wanted, however many clients a test needs until something has happened.
  await withServer(["--log_level", "4", "--max_requests", "1000000", ...args], {
    ...options,
    runtime: ARM64_RUNTIME,
    env: { ...ARM64_ENVIRONMENT, ...options.env },
  }, body);
}

/** Whether a process runs the runtime for arm64: the kernel's own list has the emulator's name before it. */
function isArm64(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").indexOf(ARM64_RUNTIME) > 0;
}

/** Waits until there are `n` ready children, none of them among `old`. */
async function children(server: TestServer, n: number, old: readonly number[] = []): Promise<number[]> {
  const said = () => [...server.text.matchAll(/Child Preforked \((\d+)\)/g)].map(([, pid]) => Number(pid));
  return await until(
    () => {
      // A look at all processes is costly, and the emulator needs the processor.
      const ready = said().filter((pid) => !old.includes(pid));
      if (ready.length < n) return undefined;
      const all = server.children();
      return all.length === n && all.every((pid) => ready.includes(pid)) ? all : undefined;
    },
    () => `${n} new children; there are ${server.children()}, and ready were ${said()}`,
  ) as number[];
}

/** How many lines a server has written that are not of its clients. */
function lines(server: TestServer): number {
  return server.text.split("\n").filter((line) => !line.includes(" CONNECT ")).length;
}

/** Serves a client each time when something has happened to the server, until `condition`. None may go without. */
async function serveUntil(server: TestServer, condition: () => boolean): Promise<void> {
  for (;;) {
    const before = lines(server);
    await exchange(server.port);
    if (condition()) return;
    await until(() => lines(server) > before, "something that happens to the server");
  }
}

/** Restarts a server that serves meanwhile. On a busy machine the emulator may take too long for the dry run. */
async function restart(server: TestServer): Promise<void> {
  const done = () => server.count(/Re-exec server during HUP/);
  const refused = () => server.count(/Cannot restart: .* took longer than/);
  for (const before = done(); done() === before;) {
    const refusals = refused();
    signal(server.pid, "SIGHUP");
    await serveUntil(server, () => done() > before || refused() > refusals);
  }
}

test("arm64: TTIN and TTOU change the number of children, and one that is killed is replaced", {
  skip,
  timeout,
}, async () => {
  await withArm64(["--max_servers", "1"], {}, async (server) => {
    await children(server, 1);
    signal(server.pid, "SIGTTIN");
    const two = await children(server, 2);
    assert.deepEqual([server.pid, ...two].filter((pid) => !isArm64(pid)), []);
    const [victim = 0] = two;
    signal(victim, "SIGKILL");
    await server.says(/was killed by SIGKILL/);
    await children(server, 2);
    await exchange(server.port);
    signal(server.pid, "SIGTTOU");
    await until(() => server.children().length === 1, "a child fewer");
    await exchange(server.port);
    await server.stop({ name: "SIGINT" });
  });
});

test("arm64: HUP keeps the process id and the port, and refuses nobody", { skip, timeout }, async () => {
  await withArm64(["--max_servers", "1"], {}, async (server) => {
    const old = await children(server, 1);
    await restart(server);
    const anew = () => [...server.text.matchAll(/Child Preforked \((\d+)\)/g)].length > old.length;
    await serveUntil(server, anew);
    await children(server, 1, old);
    assert.equal(server.ended, undefined);
    await exchange(server.port);
  });
});

for (const serialize of ["flock", "semaphore", "pipe"]) {
  test(
    `arm64: children take turns by ${serialize}, also after the death of one`,
    { skip, timeout },
    async () => {
      const args = ["--max_servers", "2", "--serialize", serialize];
      await withArm64(args, { ports: 2 }, async (server) => {
        const serve = () => Promise.all(server.ports.flatMap((port) => [exchange(port), exchange(port)]));
        const [victim = 0] = await children(server, 2);
        await serve();
        signal(victim, "SIGKILL");
        await serve();
        await children(server, 2, [victim]);
        await serve();
      });
    },
  );
}

test("arm64: TCP, UDP and unix sockets of either kind", { skip, timeout }, async () => {
  const handler = fixture("addresses.ts");
  const ports = ["127.0.0.1:0/udp", "FOLDER/stream|unix", "FOLDER/datagrams|unixdgram"];
  const args = ["--max_servers", "1", ...ports.flatMap((port) => ["--port", port])];
  await withArm64(args, { handler }, async (server) => {
    const [tcp = 0, udp = 0] = await server.boundPorts(2);
    const addressed = (text: string, port: number) =>
      assert.match(text, new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${port} undefined\\n$`));
    addressed(await new Client(tcp).rest(), tcp);
    const udpClient = new UdpClient(udp);
    addressed(await udpClient.ask("who am I?"), udp);
    udpClient.close();
    assert.match(await new Client(`${server.folder}/stream`).rest(), /\n$/);
    const unixClient = new UnixDatagramClient(`${server.folder}/datagrams`, `${server.folder}/client`);
    assert.match(await unixClient.ask("who am I?"), /\n$/);
    unixClient.close();
  });
});

test("arm64: PreFork starts children for clients, and sheds them again", { skip, timeout }, async () => {
  const numbers = ["--min_servers", "1", "--max_servers", "3"];
  const spares = ["--min_spare_servers", "1", "--max_spare_servers", "1"];
  const soon = ["--check_for_waiting", "0.2", "--min_child_ttl", "0.2"];
  const options = { ...PATIENT, personality: "PreFork" };
  await withArm64([...numbers, ...spares, ...soon], options, async (server) => {
    const clients = [new Client(server.port), new Client(server.port)];
    const pids = await Promise.all(clients.map((client) => client.welcome()));
    assert.equal(new Set(pids).size, 2);
    await children(server, 3);
    for (const client of clients) client.say("quit");
    await Promise.all(clients.map((client) => client.rest()));
    await until(() => server.children().length < 3, "fewer children");
  });
});

test(
  "arm64: a child serves several clients at once, and QUIT lets them finish",
  { skip, timeout },
  async () => {
    await withArm64(["--max_servers", "1", "--max_clients", "8"], PATIENT, async (server) => {
      const clients = Array.from({ length: 8 }, () => new Client(server.port));
      const pids = await Promise.all(clients.map((client) => client.welcome()));
      assert.equal(new Set(pids).size, 1);
      const [pid = 0] = pids;
      const ask = (text: string) => Promise.all(clients.map((client, i) => client.ask(`${text} ${i}`, pid)));
      await ask("hello");
      signal(server.pid, "SIGQUIT");
      await server.says(/Attempting a slow shutdown/);
      await ask("still here");
      for (const client of clients) client.say("quit");
      await Promise.all(clients.map((client) => client.rest()));
      assert.deepEqual(await server.end(), { code: 0, signal: null });
    });
  },
);

test("arm64: Multiplex serves several clients in one process", { skip, timeout }, async () => {
  await withArm64([], { personality: "Multiplex", handler: fixture("mux.ts") }, async (server) => {
    const clients = Array.from({ length: 8 }, () => new Client(server.port));
    const greetings = await Promise.all(clients.map((client) => client.line()));
    for (const greeting of greetings) assert.match(greeting, new RegExp(`^hello ${server.pid} \\d+$`));
    clients[0]?.say("all here");
    assert.deepEqual(await Promise.all(clients.map((client) => client.line())), clients.map(() => "here"));
    for (const client of clients) client.close();
  });
});

test("arm64: Single serves one client after the other, and restarts", { skip, timeout }, async () => {
  await withArm64([], { personality: "Single" }, async (server) => {
    assert.equal(await exchange(server.port), server.pid);
    await restart(server);
    assert.equal(await exchange(server.port), server.pid);
  });
});

test("arm64: exec gives each client a program of its own", { skip, timeout }, async () => {
  const script = 'echo "$PROTO $$"; read line; echo "heard $line"';
  const args = ["--max_servers", "1", "--", "/bin/sh", "-c", script];
  await withArm64(args, { personality: "exec" }, async (server) => {
    const pids = new Set<string | undefined>();
    for (const word of ["one", "two"]) {
      const client = new Client(server.port);
      client.say(word);
      const heard = /^TCP (\d+)\nheard (\w+)\r?\n$/.exec(await client.rest());
      assert.equal(heard?.[2], word);
      pids.add(heard?.[1]);
    }
    assert.equal(pids.size, 2);
  });
});

test("arm64: a daemon and its commands; children give up root and are locked in", {
  skip: skip || notRoot,
  timeout,
}, async () => {
  await withFolder(async (folder) => {
    mkdirSync(folder.file("root"));
    const program = [ARM64_RUNTIME, ...(onBun ? [] : ["run", "-A"]), join(ROOT, "cli.ts")];
    const options = { program, env: { ...ARM64_ENVIRONMENT } };
    const args = ["--port", "127.0.0.1:0", "--max_servers", "1", "--chroot", folder.file("root")];
    const { status, stderr } = await folder.start([...args, "--user", "nobody"], options);
    assert.equal(status, 0, stderr);
    const [child = 0] = await folder.children(1);
    assert.equal(rootOf(child), folder.file("root"));
    const [main, ...others] = threadsOf(child);
    const isRoot = ({ uids, gids }: NonNullable<typeof main>) => uids.includes(0) || gids.includes(0);
    assert.ok(main !== undefined && !isRoot(main));
    for (const capabilities of main.capabilities) assert.match(capabilities, /^0+$/);
    assert.ok(others.filter(isRoot).length <= 1, "no other than a thread of the emulator's own");
    assert.equal(await exchange(folder.port), child);
    // The child has yet to see that its client has gone.
    let shown = "";
    await until(async () => {
      shown = (await folder.run(["status", "--pid_file", folder.file("pid")], options)).stdout;
      return new RegExp(`^${child} +waiting +1 `, "m").test(shown);
    }, () => `a waiting child in: ${shown}`);
    await folder.stop(options);
  });
});
