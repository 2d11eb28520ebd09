/**
 * Daemons as a shell sees them: commands with their output and status, and the server that they leave running.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BODY_MS } from "./limits.ts";
import { hasEnded, ProcessFinder, type ProcessStat, readStat } from "./process_finder.ts";
import { onBun, signal } from "./server.ts";
import { until, within } from "./until.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Whether this test may change users: a reason to skip, or false. */
export const notRoot: string | false = process.getuid?.() === 0 ? false : "needs root";

/** What a command did. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is read of /proc/PID/status. */
export interface ProcStatus {
  /** Real, effective, saved and file-system user. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** The capabilities in effect and permitted, as numbers of 64 bits in hexadecimal. */
  readonly capabilities: readonly string[];
  readonly umask: string;
}

function parseStatus(text: string): ProcStatus {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const numbers = (name: string) => field(name).split(/\s+/).filter(Boolean).map(Number);
  return {
    uids: numbers("Uid"),
    gids: numbers("Gid"),
    groups: numbers("Groups"),
    capabilities: [field("CapEff"), field("CapPrm")],
    umask: field("Umask"),
  };
}

/** The status of every thread of a process: rights are a thread's own on Linux. */
export function threadsOf(pid: number): ProcStatus[] {
  return readdirSync(`/proc/${pid}/task`).map((task) =>
    parseStatus(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8"))
  );
}

/** The root directory of a process. */
export function rootOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/root`);
}

/** Fields of /proc/PID/stat; undefined if the process has ended. */
export function statOf(pid: number): ProcessStat | undefined {
  const stat = readStat(pid);
  return stat === undefined || hasEnded(stat) ? undefined : stat;
}

/** Finds the processes that `pid` starts. */
function startedBy(pid: number): ProcessFinder {
  return new ProcessFinder(({ ppid }) => ppid === pid);
}

/** The processes that have `pid` as their parent, be it that theirs has ended and it took their place. */
export function childrenOf(pid: number): number[] {
  return startedBy(pid).find().map((child) => child.pid);
}

/** A folder with a pid file and a log, and the commands that are run in it. */
export class DaemonFolder {
  /** Readable by every user, who may also write there. */
  readonly path: string = mkdtempSync(join(tmpdir(), "daemon-test-"));
  readonly #servers: number[] = [];

  constructor() {
    chmodSync(this.path, 0o777);
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** A file's text; empty if there is none. */
  read(name: string): string {
    try {
      return readFileSync(this.file(name), "utf8");
    } catch {
      return "";
    }
  }

  write(name: string, text: string): string {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }

  /** The process id in the pid file. */
  get pid(): number {
    return Number(this.read("pid"));
  }

  get log(): string {
    return this.read("log");
  }

  /** The ports in the log, those of port 0. */
  get ports(): number[] {
    return [...this.log.matchAll(/Bound to auto-assigned port (\d+)/g)].map((match) => Number(match[1]));
  }

  get port(): number {
    return this.ports.at(-1) as number;
  }

  /** Runs Tine and waits for its end; `before` are words in front of it, such as those of setpriv. */
  async run(
    args: readonly string[],
    options: { before?: readonly string[]; env?: Record<string, string>; program?: readonly string[] } = {},
  ): Promise<Outcome> {
    const program = options.program ??
      [process.execPath, ...(onBun ? [] : ["run", "-A"]), join(ROOT, "cli.ts")];
    const [command = "", ...rest] = [...(options.before ?? []), ...program, ...args];
    const child = spawn(command, rest, {
      cwd: this.path,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1", TMPDIR: this.path, ...options.env },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes) => stdout += bytes);
    child.stderr.on("data", (bytes) => stderr += bytes);
    const status = await within(
      // Until the streams are closed: a daemon that kept them would keep a shell's pipe waiting.
      new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code))),
      `the end of ${args.join(" ")}: ${stderr}`,
    );
    return { status, stdout, stderr };
  }

  /** Starts a daemon with a pid file and a log here, on port 0 unless the arguments say otherwise. */
  async start(
    args: readonly string[],
    options: Parameters<DaemonFolder["run"]>[1] = {},
  ): Promise<Outcome> {
    const outcome = await this.run(
      [
        ...args,
        "--setsid",
        "--pid_file",
        this.file("pid"),
        "--log_file",
        this.file("log"),
        "--log_level",
        "4",
      ],
      options,
    );
    if (this.pid > 0) this.#servers.push(this.pid);
    return outcome;
  }

  /** Remembers a server that is to be ended with the folder. */
  remember(pid: number): void {
    this.#servers.push(pid);
  }

  /** Waits until `n` children are at work, and no others are there: none among `old`. */
  async children(n: number, old: readonly number[] = []): Promise<number[]> {
    let finder = { pid: this.pid, children: startedBy(this.pid) };
    return await until(
      () => {
        const ready = new Set([...this.log.matchAll(/Child Preforked \((\d+)\)/g)].map((m) => Number(m[1])));
        // The pid file may come later than this.
        if (finder.pid !== this.pid) finder = { pid: this.pid, children: startedBy(this.pid) };
        const all = finder.children.find().map(({ pid }) => pid);
        const isNew = (pid: number) => ready.has(pid) && !old.includes(pid);
        return all.length === n && all.every(isNew) ? all : undefined;
      },
      () => `${n} children; there are ${childrenOf(this.pid)}, the log is\n${this.log}`,
    ) as number[];
  }

  /** Waits until the log has `pattern` at least `times` times. */
  async says(pattern: RegExp, times = 1): Promise<void> {
    await until(
      () => [...this.log.matchAll(new RegExp(pattern, "g"))].length >= times,
      () => `${times} × ${pattern} in\n${this.log}`,
    );
  }

  /** Stops the daemon by its pid file, and checks that it leaves nothing. */
  async stop(options: Parameters<DaemonFolder["run"]>[1] = {}): Promise<void> {
    const { pid } = this;
    const children = childrenOf(pid);
    const outcome = await this.run(["stop", "--pid_file", this.file("pid")], options);
    assert.deepEqual(
      outcome,
      { status: 0, stdout: `The server with process id ${pid} has ended\n`, stderr: "" },
      this.log,
    );
    for (const one of [pid, ...children]) assert.equal(statOf(one), undefined, `${one} is left`);
    assert.equal(this.read("pid"), "");
  }

  /** Ends what is left, and removes the folder. */
  clear(): void {
    if (this.pid > 1 && childrenOf(process.pid).includes(this.pid)) this.#servers.push(this.pid);
    for (const pid of this.#servers) {
      for (const child of childrenOf(pid)) signal(child, "SIGKILL");
      if (statOf(pid) !== undefined) signal(pid, "SIGKILL");
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs `body` with a folder for a daemon. */
export async function withFolder(body: (folder: DaemonFolder) => Promise<void>): Promise<void> {
  const folder = new DaemonFolder();
  try {
    await within(body(folder), "the test's body", BODY_MS);
  } finally {
    folder.clear();
  }
}
