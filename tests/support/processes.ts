/**
 * Processes that tests start beside a server: bystanders, and those of another user.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { onBun } from "./server.ts";
import { until } from "./until.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The numbers of a user: those of the password database, whatever this system gives them. */
export function idsOf(user: string): { uid: number; gid: number } {
  const line = readFileSync("/etc/passwd", "utf8").split("\n").find((text) => text.startsWith(`${user}:`));
  const [, , uid, gid] = (line ?? "").split(":").map(Number);
  if (uid === undefined || gid === undefined) throw new Error(`no user ${user}`);
  return { uid, gid };
}

/** Words that make a command another user's. */
export function asUser(user: string): string[] {
  const { uid, gid } = idsOf(user);
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

/** The runtime under test with a program of this repository. */
export function program(path: string): string[] {
  return [process.execPath, ...(onBun ? [] : ["run", "-A", "--no-check"]), join(ROOT, path)];
}

/** A process that does nothing but be there. */
export class Bystander {
  readonly #process: ChildProcess;

  constructor(command: readonly string[] = ["sleep", "600"]) {
    const [name = "", ...args] = command;
    this.#process = spawn(name, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" },
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /** Whether it still runs. */
  get lives(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Waits until it has said `word`. */
  async says(word: string): Promise<void> {
    let said = "";
    this.#process.stdout?.on("data", (bytes) => said += bytes);
    await until(() => said.includes(word), () => `"${word}"; it said "${said}"`);
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (!this.lives) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }
}

/** Runs `body` with a process beside it. */
export async function withBystander(
  command: readonly string[] | undefined,
  body: (bystander: Bystander) => Promise<void>,
): Promise<void> {
  const bystander = new Bystander(command);
  try {
    await body(bystander);
  } finally {
    await bystander.end();
  }
}
