/**
 * Super-servers of Debian's, which accept a client and start a program for it.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { connects, freePort } from "../../scripts/bench/ports.ts";
import { example, onBun } from "./server.ts";
import { until, within } from "./until.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Why a super-server cannot be used; false if it can. The value of `skip` for tests that need it. */
export function lacks(program: "tcpserver" | "xinetd"): string | false {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0 ? false : `no ${program}`;
}

/** The command line that runs Tine's sources. */
export function tine(...args: readonly string[]): string[] {
  return [process.execPath, ...(onBun ? [] : ["run", "-A"]), join(ROOT, "cli.ts"), ...args];
}

/** A super-server at work. */
export interface SuperServer {
  readonly port: number;
  /** A folder of its own. */
  readonly folder: string;
  /** What it and the programs have written to its standard error. */
  said(): string;
  /** The text of a file in the folder; empty if there is none. */
  file(name: string): string;
}

type Body = (server: SuperServer) => Promise<void>;

/** How it is started. */
export interface SuperServerOptions {
  /** The program for each client and its arguments. `FOLDER` in them is the server's folder. */
  readonly program: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function run(
  options: SuperServerOptions,
  start: (
    folder: string,
    program: readonly string[],
  ) => Promise<{ command: readonly string[]; port?: number }>,
  body: Body,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "super-server-"));
  const program = options.program.map((word) => word.replaceAll("FOLDER", folder));
  const { command: [name = "", ...args], port } = await start(folder, program);
  const child: ChildProcess = spawn(name, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      DENO_NO_PACKAGE_JSON: "1",
      NO_COLOR: "1",
      TRAIL: join(folder, "trail"),
      ...options.env,
    },
  });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (bytes) => out += bytes);
  child.stderr?.on("data", (bytes) => err += bytes);
  const ended = once(child, "exit");
  const file = (path: string) => {
    try {
      return readFileSync(join(folder, path), "utf8");
    } catch {
      return "";
    }
  };
  try {
    const told = port ??
      Number(await until(() => /^(\d+)$/m.exec(out)?.[1], () => `the port; ${err}`));
    if (port !== undefined) await until(() => connects(port), () => `${name} accepts; ${err}`);
    await body({ port: told, folder, said: () => err, file });
  } catch (error) {
    process.stderr.write(`--- ${name} said:\n${err}${file("log")}---\n`);
    throw error;
  } finally {
    process.kill(child.pid as number, "SIGTERM");
    await within(ended, `the end of ${name}`);
    rmSync(folder, { recursive: true });
  }
}

/** Runs `body` with `tcpserver`: the socket is the program's standard input and output, and UCSPI's variables tell. */
export async function withTcpserver(options: SuperServerOptions, body: Body): Promise<void> {
  await run(
    options,
    (_, program) =>
      Promise.resolve({
        // -1: it says its port. -v: it says how programs end.
        command: ["tcpserver", "-1", "-v", "-H", "-R", "-l", "0", "127.0.0.1", "0", ...program],
      }),
    body,
  );
}

/** Runs `body` with xinetd: the socket is the program's standard input, output and error, as under every inetd. */
export async function withXinetd(options: SuperServerOptions, body: Body): Promise<void> {
  await run(options, async (folder, [server, ...args]) => {
    const port = await freePort();
    const path = join(folder, "xinetd.conf");
    const own = {
      user: spawnSync("id", ["-un"], { encoding: "utf8" }).stdout.trim(),
      port,
      server,
      server_args: args.join(" "),
    };
    // The example, but for what is this machine's and this test's.
    let text = readFileSync(example("inet.xinetd"), "utf8");
    for (const [key, value] of Object.entries(own)) {
      text = text.replace(new RegExp(`^( *${key} *= ).*$`, "m"), (_, head) => `${head}${value}`);
    }
    const log = `log_type = FILE ${join(folder, "xinetd.log")}\nlog_on_success = PID HOST EXIT\n`;
    writeFileSync(path, text.replace(/}\s*$/, `${log}}\n`));
    return { command: ["xinetd", "-dontfork", "-f", path, "-pidfile", join(folder, "xinetd.pid")], port };
  }, body);
}
