/**
 * Servers as system tests see them: processes, ports, log lines.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BODY_MS } from "./limits.ts";
import { ProcessFinder, readStat } from "./process_finder.ts";
import { pass, until, within } from "./until.ts";

/** Whether this test runs on Bun. */
export const onBun = process.versions["bun"] !== undefined;

const ROOT = new URL("../..", import.meta.url).pathname;

/** The path of a handler that was made for the tests. */
export function fixture(name: string): string {
  return join(ROOT, "tests/system/fixtures", name);
}

/** The path of an example. */
export function example(name: string): string {
  return join(ROOT, "examples", name);
}

/** The System V semaphores of this machine. */
function semaphores(): string[] {
  const lines = readFileSync("/proc/sysvipc/sem", "utf8").split("\n");
  return lines.map((line) => /^\s*-?\d+\s+(\d+)/.exec(line)?.[1]).filter((id) => id !== undefined);
}

/**
 * The semaphores that were last used by one of these processes, be it only to make them.
 *
 * Those of other servers, which tests that run beside this one start, come and go.
 */
export function semaphoresOf(pids: ReadonlySet<number>): string[] {
  return semaphores().filter((id) => {
    const { stdout } = spawnSync("ipcs", ["-s", "-i", id], { encoding: "utf8" });
    return pids.has(Number(/^0\s.*\s(\d+)\s*$/m.exec(stdout)?.[1]));
  });
}

/** Whether all threads of a process wait for something. */
function isAsleep(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((task) => readStat(pid, Number(task))?.state === "S");
  } catch {
    return false; // it has ended
  }
}

/** Sends a signal to a process that this test started. False: it has gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** How a server is started. */
export interface StartOptions {
  /** The personality's word on the command line; without it, the default. */
  readonly personality?: string;
  /** A handler's module; without it, the echo. */
  readonly handler?: string;
  /** How many ports. Default: 1. */
  readonly ports?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** A file that takes log lines in place of stderr; relative to the server's folder. */
  readonly log?: string;
  /** Files to make in the server's folder before it starts: their names and texts, `FOLDER` replaced as in arguments. */
  readonly files?: Readonly<Record<string, string>>;
  /** Called with the server's folder before it starts. */
  readonly prepare?: (folder: string) => void;
  /** A command that the server's own is given to, and that becomes it. */
  readonly wrapper?: readonly string[];
  /** The path of the runtime. Default: the one that runs the test. */
  readonly runtime?: string;
  /** What the runtime is to run in place of cli.ts: flags and the program, from the server's own folder. */
  readonly program?: readonly string[];
  /** Whether to wait for the ports. Default: true. */
  readonly wait?: boolean;
}

/**
 * The arguments, with a `stop_timeout` that never comes unless there is one: no test is to pass because children that did
 * not do as they were told are killed in the end.
 */
function neverKilling(args: readonly string[], options: StartOptions): string[] {
  const given = [...args, ...Object.values(options.files ?? {})].join();
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.toSpliced(end, 0, ...(/stop_?timeout/i.test(given) ? [] : ["--stop_timeout", "100000"]));
}

/** A server under test. */
export class TestServer {
  /** A folder of its own, which is its folder for temporary files too. */
  readonly folder = mkdtempSync(join(tmpdir(), "system-test-"));
  readonly #process: ChildProcess;
  readonly #log: string | undefined;
  /** Its children, and whoever else is in its session. */
  readonly #processes = new ProcessFinder(({ ppid, session }) => ppid === this.pid || session === this.pid);
  /** Every process that was seen to belong to it. */
  readonly #pids = new Set<number>();
  #stderr = "";
  readonly #settling = new Map<number, number>();
  #ended: { code: number | null; signal: string | null } | undefined;
  readonly #end: Promise<void>;
  ports: number[] = [];

  constructor(args: readonly string[], options: StartOptions) {
    const {
      personality,
      handler,
      ports = 1,
      env = {},
      log,
      wrapper = [],
      program,
      runtime = process.execPath,
    } = options;
    const here = (word: string) => word.replaceAll("FOLDER", this.folder);
    const listeners = Array.from({ length: ports }, () => ["--port", "127.0.0.1:0"]).flat();
    this.#log = log === undefined ? undefined : join(this.folder, log);
    for (const [name, text] of Object.entries(options.files ?? {})) {
      writeFileSync(join(this.folder, name), here(text));
    }
    options.prepare?.(this.folder);
    const [command = "", ...words] = [
      ...wrapper,
      runtime,
      ...(onBun ? [] : ["run", "-A"]),
      ...(program ?? ["cli.ts"]),
      ...(personality === undefined ? [] : [personality]),
      ...(handler === undefined ? [] : [handler]),
      ...listeners,
      ...neverKilling(args, options),
    ].map(here);
    this.#process = spawn(
      command,
      words,
      {
        cwd: program === undefined ? ROOT : this.folder,
        // A session of its own: whoever is left of it at the end is a leak.
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...process.env,
          DENO_NO_PACKAGE_JSON: "1",
          NO_COLOR: "1",
          TMPDIR: this.folder,
          TRAIL: join(this.folder, "trail"),
          ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, here(text)])),
        },
      },
    );
    this.#see([this.pid]);
    this.#process.stderr?.on("data", (bytes) => this.#stderr += bytes);
    this.#end = new Promise((resolve) => {
      this.#process.on("exit", (code, name) => {
        this.#ended = { code, signal: name };
        resolve();
      });
    });
  }

  /** The parent's process id. */
  get pid(): number {
    return this.#process.pid as number;
  }

  get port(): number {
    return this.ports[0] as number;
  }

  /** How it ended; undefined while it runs. */
  get ended(): { code: number | null; signal: string | null } | undefined {
    return this.#ended;
  }

  /** Everything it said. */
  get text(): string {
    return this.#log === undefined ? this.#stderr : this.#stderr + this.file(this.#log);
  }

  /** A file's text; empty if there is none. Relative paths are within its folder. */
  file(path: string): string {
    try {
      return readFileSync(join(path.startsWith("/") ? "" : this.folder, path), "utf8");
    } catch {
      return "";
    }
  }

  /** The hooks that were noted, those of the log apart. */
  get trail(): { role: string; pid: number; hook: string; detail: string }[] {
    return this.file("trail").split("\n").filter(Boolean).map((line) => {
      const [role = "", pid, hook = "", ...detail] = line.split(" ");
      return { role, pid: Number(pid), hook, detail: detail.join(" ") };
    }).filter(({ hook }) => hook !== "writeToLog");
  }

  /** How often `pattern` occurs in what it said. */
  count(pattern: RegExp): number {
    return [...this.text.matchAll(new RegExp(pattern, "g"))].length;
  }

  /** Waits until it said `pattern` at least `times` times. */
  async says(pattern: RegExp, { times = 1 } = {}): Promise<void> {
    await until(() => this.count(pattern) >= times, `${times} × ${pattern}`);
  }

  /** The process ids of its children. */
  children(): number[] {
    return this.#see(this.#processes.find().filter(({ ppid }) => ppid === this.pid).map(({ pid }) => pid));
  }

  /** Remembers that these processes are its own. */
  #see(pids: number[]): number[] {
    for (const pid of pids) this.#pids.add(pid);
    return pids;
  }

  /** Its children that said they are ready. Needs log_level 4. */
  ready(children: readonly number[] = this.children()): number[] {
    const said = new Set(
      [...this.text.matchAll(/Child Preforked \((\d+)\)/g)].map((match) => Number(match[1])),
    );
    return children.filter((pid) => said.has(pid));
  }

  /**
   * Its children that are ready and have been seen asleep in two looks on end since: these wait for clients, or have
   * served some. Each call is a look.
   */
  settled(children: readonly number[] = this.children()): number[] {
    return this.ready(children).filter((pid) => {
      const looks = this.#settling.get(pid) ?? 0;
      if (looks >= 2) return true;
      const now = isAsleep(pid) ? looks + 1 : 0;
      this.#settling.set(pid, now);
      return now >= 2;
    });
  }

  /**
   * Waits until all its processes are asleep, in two looks on end: what was under way is done, and without a new event
   * nothing happens any more.
   */
  async untilCalm(): Promise<void> {
    let looks = 0;
    await until(() => {
      looks = this.remains().every(isAsleep) ? looks + 1 : 0;
      return looks >= 2;
    }, "all processes of the server are asleep");
  }

  /** Waits for a whole second in which the parent is not woken once: it looks for nothing by itself. */
  async untilAtRest(): Promise<void> {
    const sleeps = () => {
      const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    };
    await until(async () => {
      const before = sleeps();
      await pass(1000);
      return sleeps() === before;
    }, "a second without a wake-up");
  }

  /** Waits until exactly `n` children are there and all are ready. */
  async untilReady(n: number): Promise<number[]> {
    return await until(
      () => {
        const children = this.children();
        const ready = this.settled(children);
        return ready.length === n && children.length === n ? ready : undefined;
      },
      () => `${n} ready children; there are ${this.children()}, of them ready ${this.ready()}`,
    ) as number[];
  }

  /** How many descriptors the parent has open. */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Waits until it listens, on so many ports of the system's choice among others. */
  async up(ports: number): Promise<void> {
    await until(
      () => {
        assert.equal(this.#ended, undefined, "the server ended before it was up");
        this.ports = [...this.text.matchAll(/Bound to auto-assigned port (\d+)/g)].map((match) =>
          Number(match[1])
        );
        // A port is told before what comes after it in the configuration is bound.
        return this.ports.length >= ports && this.count(/Listening on /) > 0;
      },
      "the server listens",
    );
  }

  /** Its ports, once it has as many. */
  async boundPorts(count: number): Promise<number[]> {
    await this.up(count);
    return this.ports;
  }

  /** Waits for its end. */
  async end(): Promise<{ code: number | null; signal: string | null }> {
    await within(this.#end, "the end of the server");
    return this.#ended as { code: number | null; signal: string | null };
  }

  /** The processes of its session that still run. */
  remains(): number[] {
    return this.#see(
      this.#processes.find().filter(({ session }) => session === this.pid).map(({ pid }) => pid),
    );
  }

  /** Stops it, unless it has ended, and checks that nothing is left: no process, semaphore or temporary file. */
  async stop({ code = 0, name = "SIGTERM" as NodeJS.Signals } = {}): Promise<void> {
    this.remains();
    if (this.#ended === undefined) signal(this.pid, name);
    assert.deepEqual(await this.end(), { code, signal: null });
    assert.deepEqual(this.remains(), [], "processes are left");
    this.checkLeftovers();
  }

  /** Checks that no semaphore and no temporary file is left. */
  checkLeftovers(): void {
    assert.deepEqual(this.#semaphores(), [], "semaphores are left");
    assert.deepEqual(readdirSync(this.folder).filter((file) => file.startsWith("tine-")), []);
  }

  /** The semaphores of its processes. */
  #semaphores(): string[] {
    for (const [, pid] of this.text.matchAll(/Child Preforked \((\d+)\)/g)) this.#pids.add(Number(pid));
    return semaphoresOf(this.#pids);
  }

  /** Ends what is left of it, and removes its folder. */
  clear(): void {
    for (const pid of this.remains()) signal(pid, "SIGKILL");
    // A parent that was killed could not remove them.
    for (const id of this.#semaphores()) spawnSync("ipcrm", ["-s", id]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Runs `body` with a server, then stops that and checks that nothing is left. A failure shows what the server said.
 *
 * @param options `code`: the expected status; `killed`: the body kills the parent, which thus cannot clean up.
 */
export async function withServer(
  args: readonly string[],
  options: StartOptions & { readonly code?: number; readonly killed?: boolean },
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = new TestServer(args, options);
  const whole = async () => {
    // Without a port of its own it says no port.
    if (options.wait !== false && options.ports !== 0) await server.up(options.ports ?? 1);
    await body(server);
    if (options.killed !== true) await server.stop({ code: options.code ?? 0 });
  };
  try {
    await within(whole(), "the test's body", BODY_MS);
  } catch (error) {
    process.stderr.write(`--- the server ${server.pid} said:\n${server.text.slice(-8000)}---\n`);
    throw error;
  } finally {
    server.clear();
  }
}

/** A client of a server. */
export class Client {
  readonly #socket: Socket;
  #received = "";
  #ended = false;
  #error: Error | undefined;
  #changed: () => void = () => {};

  /** @param where A port on 127.0.0.1, or the path of a unix socket. */
  constructor(where: number | string) {
    this.#socket = typeof where === "string"
      ? createConnection({ path: where })
      : createConnection({ port: where, host: "127.0.0.1" });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text) => this.#change(() => this.#received += text));
    this.#socket.on("error", (error) => this.#change(() => this.#error = error));
    this.#socket.on("close", () => this.#change(() => this.#ended = true));
    this.#socket.on("end", () => this.#change(() => this.#ended = true));
  }

  #change(change: () => void): void {
    change();
    this.#changed();
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) throw new Error(`The connection ended after ${JSON.stringify(this.#received)}`);
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
  }

  /** The next line, without its end. */
  async line(): Promise<string> {
    return await this.#until(() => {
      const end = this.#received.indexOf("\r\n");
      if (end < 0) return undefined;
      const line = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      return line;
    });
  }

  /** Says a line. */
  say(text: string): void {
    this.send(`${text}\r\n`);
  }

  /** Sends `text` as it is. */
  send(text: string): void {
    this.#socket.write(text);
  }

  /** Sends no more; what the server says is still heard. */
  end(): void {
    this.#socket.end();
  }

  /** Vanishes: the server sees a reset. */
  async reset(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.resetAndDestroy();
    await closed;
  }

  /** What the server says up to its end. */
  async rest(): Promise<string> {
    await this.#until(() => this.#ended && this.#error === undefined ? true : undefined);
    this.close();
    return this.#received;
  }

  /** Reads the greeting and returns the process id in it. */
  async welcome(): Promise<number> {
    const line = await this.line();
    const pid = /^Welcome to "Tine::\w+" \((\d+)\)$/.exec(line)?.[1];
    assert.ok(pid, `a greeting: ${line}`);
    return Number(pid);
  }

  /** Says a line and checks the answer. */
  async ask(text: string, pid: number): Promise<void> {
    this.say(text);
    assert.match(await this.line(), new RegExp(`^Tine::\\w+:${pid}: You said "${text}"$`));
  }

  /** Says good-bye, and checks that it is heard. */
  async quit(): Promise<void> {
    this.say("quit");
    assert.match(await this.line(), /You said "quit"$/);
    assert.equal(await this.rest(), "");
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** All that a server says to a client, who says `text` if it is given, until the server closes the connection. */
export async function hear(port: number, text?: string): Promise<string> {
  const client = new Client(port);
  try {
    if (text !== undefined) client.say(text);
    return await client.rest();
  } finally {
    client.close();
  }
}

/** One whole dialogue with an echo server. Returns the process id that served it. */
export async function exchange(port: number, seen?: (pid: number) => void): Promise<number> {
  const client = new Client(port);
  try {
    const pid = await client.welcome();
    seen?.(pid);
    await client.ask("hello", pid);
    await client.quit();
    return pid;
  } finally {
    client.close();
  }
}
