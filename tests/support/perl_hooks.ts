/**
 * Net::Server at work in Perl, to compare with.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fixture } from "./server.ts";
import { until, within } from "./until.ts";

/** Why Perl cannot run a personality; false if it can. The value of `skip` for tests that need it. */
export function noPersonality(name: string): string | false {
  return spawnSync("perl", [`-MNet::Server::${name}`, "-e", "1"], { encoding: "utf8" }).stderr === ""
    ? false
    : `no perl with Net::Server::${name} and what it needs`;
}

/** What `body` needs of a server in Perl. */
export interface PerlServer {
  readonly pid: number;
  readonly port: number;
  /** The hooks so far. */
  trail(): string[];
}

/** How long a server in Perl is waited for until it is told again. */
const AGAIN_MS = 5000;

/** Stops it. It may be about to wait for a client when the signal comes, and then it waits for one all the same. */
async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "close");
  for (let tries = 1;; tries++) {
    process.kill(child.pid as number, "SIGTERM");
    try {
      await within(ended, "the end of the server in Perl", AGAIN_MS);
      return;
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}

/** Runs a server with every hook noted, stops it with SIGTERM after `body`, and gives the hooks in their order. */
export async function perlHooks(
  personality: string,
  env: Readonly<Record<string, string>>,
  body: (server: PerlServer) => Promise<void>,
): Promise<string[]> {
  const child = spawn("perl", [fixture("every_hook.pl"), personality, "--port=127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (bytes) => out += bytes);
  child.stderr?.on("data", (bytes) => err += bytes);
  const trail = () => out.split("\n").filter(Boolean);
  try {
    const port = await until(
      () => {
        assert.equal(child.exitCode, null, err);
        return trail().includes("preLoop") && /Bound to auto-assigned port (\d+)/.exec(err)?.[1];
      },
      () => `the port of the server in Perl; it said ${err}`,
    );
    await body({ pid: child.pid as number, port: Number(port), trail });
    await stop(child);
    return trail();
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}
