import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, fixture, hear, signal, type TestServer, withServer } from "../support/server.ts";
import { timeout } from "../support/limits.ts";
import { until } from "../support/until.ts";

const handler = fixture("printing.ts");
const JSON_LOG = ["--max_servers", "1", "--log_format", "json"];

interface Line {
  readonly level: string;
  readonly pid: number;
  readonly message: string;
}

/** All lines that a server said; each must be JSON. */
function linesOf(server: TestServer): Line[] {
  return server.text.trimEnd().split("\n").map((line) => {
    assert.match(line, /^[\x20-\x7e\u00a0-\uffff]*$/);
    return JSON.parse(line) as Line;
  });
}

/** Has a child do one of its deeds. Returns its process id. */
async function ask(server: TestServer, deed: string): Promise<number> {
  const client = new Client(server.port);
  try {
    client.say(deed);
    return Number.parseInt(await client.line());
  } finally {
    client.close();
  }
}

test("what a child and the parent print becomes lines of the log, a line each", { timeout }, async () => {
  await withServer(JSON_LOG, { handler }, async (server) => {
    const pid = await ask(server, "print");
    await server.says(/twice/);
    const told = linesOf(server).filter((line) => line.pid === pid);
    assert.deepEqual(
      told.map(({ level, message }) => [level, message]),
      [
        ["notice", "told \x1b[2J by console"],
        ["notice", "complained"],
        ["notice", "twice"],
      ],
    );
    const own = linesOf(server).filter(({ message }) => message === "the parent has a word too");
    assert.deepEqual(own.map((line) => [line.level, line.pid]), [["notice", server.pid]]);
  });
});

test("a child that prints more than a pipe holds waits for nobody but its parent", { timeout }, async () => {
  // A file loses nothing, whereas this test may be slow to read a pipe.
  const args = ["--max_servers", "1", "--log_file", "FOLDER/log"];
  await withServer(args, { handler, log: "log" }, async (server) => {
    await ask(server, "many");
    await server.says(/\] line 19999\n/);
    assert.equal(server.count(/\] line \d+\n/), 20_000);
  });
});

for (const [deed, error] of [["reject", /rejected on purpose/], ["timer", /thrown on purpose/]] as const) {
  test(`what nothing catches (${deed}) ends its child with one line, and another takes its place`, {
    timeout,
  }, async () => {
    await withServer(JSON_LOG, { handler }, async (server) => {
      const pid = await ask(server, deed);
      await server.says(/ended with status 255/);
      const told = linesOf(server).filter((line) => line.pid === pid);
      assert.equal(told.length, 1, server.text);
      const [{ level, message }] = told as [Line];
      assert.equal(level, "warning");
      assert.match(message, new RegExp(`^Child ${pid} ends: Uncaught Error: .* \\| .*printing\\.ts`));
      assert.match(message, error);
      assert.notEqual(await ask(server, "nothing"), pid);
    });
  });
}

for (const personality of ["PreForkSimple", "Single"]) {
  test(`what nothing catches in the parent of ${personality} ends the server, and is named`, {
    timeout,
  }, async () => {
    const options = { handler, personality, env: { IDLE: "1" }, code: 1 };
    const deed = (server: TestServer) => personality === "Single" ? ask(server, "reject") : undefined;
    await withServer([...JSON_LOG, "--check_for_dead", "1"], options, async (server) => {
      await deed(server);
      assert.deepEqual(await server.end(), { code: 1, signal: null });
      const fatal = linesOf(server).filter(({ level }) => level === "error");
      assert.equal(fatal.length, 1, server.text);
      assert.match(fatal[0]?.message ?? "", /^Uncaught Error: rejected (?:in the parent|on purpose) \| /);
    });
  });
}

test("a program's standard error becomes lines that forge none, in JSON too", { timeout }, async () => {
  const script = String.raw`printf 'one\n\033[2J{"level":"error"}\nhalf' >&2; echo out`;
  const args = [...JSON_LOG, "--", "sh", "-c", script];
  await withServer(args, {}, async (server) => {
    assert.equal(await hear(server.port), "out\n");
    await server.says(/level/);
    const [child] = server.children();
    await server.stop();
    const told = linesOf(server).filter(({ pid, message }) => pid === child && !message.includes("cut off"));
    assert.deepEqual(told.map(({ message }) => message), ["one", '\x1b[2J{"level":"error"}', "half"]);
  });
});

/** A pipe whose reader, this test, reads when it likes. */
class SlowReader {
  readonly folder = mkdtempSync(join(tmpdir(), "test-slow-"));
  readonly path = join(this.folder, "pipe");
  readonly #fd: number;
  text = "";

  constructor() {
    assert.equal(spawnSync("mkfifo", [this.path]).status, 0);
    this.#fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Reads what is there. */
  read(): string {
    const bytes = new Uint8Array(65_536);
    for (;;) {
      let n = 0;
      try {
        n = readSync(this.#fd, bytes);
      } catch {
        return this.text; // nothing now
      }
      if (n === 0) return this.text;
      this.text += new TextDecoder().decode(bytes.subarray(0, n));
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs a server whose standard error is a pipe, once its port was read from it. */
async function withSlowReader(
  args: readonly string[],
  body: (server: TestServer, reader: SlowReader, port: number) => Promise<void>,
): Promise<void> {
  using reader = new SlowReader();
  const wrapper = ["sh", "-c", `exec "$@" 2>${reader.path}`, "sh"];
  await withServer(args, { handler, wrapper, wait: false }, async (server) => {
    const port = await until(() => /assigned port (\d+)/.exec(reader.read())?.[1]);
    await until(() => /Child Preforked/.test(reader.read()));
    await body(server, reader, Number(port));
  });
}

const STUCK = ["--max_servers", "2", "--log_level", "4"];

for (const name of ["SIGTERM", "SIGQUIT"] as const) {
  test(`a log that nobody reads holds up neither clients nor ${name}`, { timeout }, async () => {
    await withSlowReader(STUCK, async (server, _reader, port) => {
      // Each fills the pipe several times over, and the log of the parent with what is printed too.
      for (const deed of ["log", "log", "many", "log", "log"]) {
        const client = new Client(port);
        client.say(deed);
        assert.match(await client.line(), /did$/);
        client.close();
      }
      await server.stop({ name });
    });
  });
}

test("a log that is read again tells how many lines were lost, in each process, and no line is torn", {
  timeout,
}, async () => {
  await withSlowReader(STUCK, async (server, reader, port) => {
    const pids = new Set<number>();
    const clients = [new Client(port), new Client(port)];
    for (const client of clients) {
      client.say("log");
      pids.add(Number.parseInt(await client.line()));
    }
    const lost = (pid: number) => new RegExp(`\\[${pid}\\] (\\d+) lines of the log lost`);
    // Nobody says anything any more: it comes by itself.
    await until(() => [...pids].every((pid) => lost(pid).test(reader.read())));
    for (const client of clients) {
      client.say("long");
      await client.line();
      client.close();
    }
    await until(
      () => [...pids].every((pid) => new RegExp(`\\[${pid}\\] \\(3/3\\)`).test(reader.read())),
    );
    for (const pid of pids) {
      const told = [...reader.text.matchAll(new RegExp(`\\[${pid}\\] line (\\d+)\\n`, "g"))];
      assert.equal(told.length + Number(lost(pid).exec(reader.text)?.[1]), 20_000, `lines of ${pid}`);
    }
    for (const line of reader.text.trimEnd().split("\n")) assert.match(line, /^\d{4}\/\S+ \[\d+\] /);
    await server.stop();
  });
});

test("a reload is no alarm, and is told; nor does root get one at a start", { timeout }, async () => {
  await withServer([...JSON_LOG, "--log_level", "4"], {}, async (server) => {
    await server.untilReady(1);
    signal(server.pid, "SIGHUP");
    await server.says(/Reloaded: Listening on/);
    const before = linesOf(server);
    assert.deepEqual(before.filter(({ level }) => level === "error" || level === "warning"), []);
    assert.deepEqual(before.filter(({ message }) => /Server closing/.test(message)), []);
    assert.deepEqual(before.filter(({ message }) => /^\d{4}\//.test(message)), [], "the time stands once");
    await server.stop();
    const last = linesOf(server).at(-1);
    assert.deepEqual([last?.level, last?.message], ["notice", "Server stopped"]);
  });
});

test("a client that is cut off leaves a line", { timeout }, async () => {
  await withServer(["--max_servers", "1"], {}, async (server) => {
    const client = new Client(server.port);
    const pid = await client.welcome();
    await server.stop();
    client.close();
    assert.match(server.text, new RegExp(`\\[${pid}\\] 1 client is cut off: this child is ended\n`));
  });
});
