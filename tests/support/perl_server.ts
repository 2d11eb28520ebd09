/**
 * Net::Server itself, as a server that is asked the same as one of ours.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { until, within } from "./until.ts";

/** A running Net::Server, which echoes. */
export class PerlServer {
  readonly #process: ChildProcess;
  /** What it said. */
  text = "";

  private constructor(args: readonly string[], through: readonly string[]) {
    const [command = "", ...words] = [
      ...through,
      "perl",
      "-MNet::Server::PreForkSimple",
      "-e",
      "Net::Server::PreForkSimple->run",
      "--",
      ...args,
    ];
    this.#process = spawn(command, words, { stdio: ["ignore", "ignore", "pipe"], env: process.env });
    this.#process.stderr?.on("data", (bytes) => this.text += bytes);
  }

  /** Starts one with so many ports of the system's choice. */
  static async start(
    args: readonly string[],
    { ports = 1, through = [] }: { ports?: number; through?: readonly string[] } = {},
  ): Promise<PerlServer> {
    const server = new PerlServer(args, through);
    await until(
      () => server.ports.length >= ports,
      () => `Net::Server's ports; it said ${server.text}`,
    );
    return server;
  }

  /** Its ports, in the order of its configuration. */
  get ports(): number[] {
    return [...this.text.matchAll(/Bound to auto-assigned port (\d+)/g)].map((match) => Number(match[1]));
  }

  /** Ends it and its children. */
  async [Symbol.asyncDispose](): Promise<void> {
    const end = once(this.#process, "exit");
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await within(end, "the end of Net::Server");
    }
  }
}
