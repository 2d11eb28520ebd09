/**
 * A command on a terminal of its own, by Python's `pty`: what it shows, keys that are pressed, and how it leaves the
 * terminal.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { fixture } from "./server.ts";
import { until, within } from "./until.ts";

/** Why there is no terminal to be had, or false. */
export const noTerminal: string | false = spawnSync("python3", ["-c", "import pty, termios"]).status === 0
  ? false
  : "needs python3";

/** How a command on a terminal ended. */
export interface TerminalEnd {
  /** Its exit status; negative: by this signal. */
  readonly status: number;
  /** Whether the terminal's settings are what they were before. */
  readonly restored: boolean;
}

/** A terminal. */
export class Terminal {
  readonly #process: ChildProcess;
  readonly #end: Promise<TerminalEnd>;
  #written = "";

  /** Runs `command` in a terminal of this size. */
  constructor(
    command: readonly string[],
    { rows = 24, columns = 80, env = {} }: {
      readonly rows?: number;
      readonly columns?: number;
      readonly env?: Readonly<Record<string, string | undefined>>;
    } = {},
  ) {
    this.#process = spawn("python3", [
      fixture("terminal.py"),
      String(rows),
      String(columns),
      ...command,
    ], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", TERM: "xterm", NO_COLOR: "1", ...env },
    });
    this.#process.stdout?.setEncoding("utf8").on("data", (text) => this.#written += text);
    let last = "";
    this.#process.stderr?.on("data", (text) => last += text);
    this.#end = new Promise((resolve, reject) => {
      this.#process.on("close", () => {
        const [, status, how] = /^(-?\d+) (restored|changed)$/m.exec(last) ?? [];
        if (status === undefined) return reject(new Error(`The terminal ended with "${last}"`));
        resolve({ status: Number(status), restored: how === "restored" });
      });
    });
    // A test that fails does not ask for it.
    this.#end.catch(() => {});
  }

  /** All that was written to it. */
  get written(): string {
    return this.#written;
  }

  /** How often it was drawn, in whole. */
  get frames(): readonly (readonly string[])[] {
    return this.#written.split("\x1b[H").slice(1).filter((frame) => frame.includes("\x1b[J")).map((frame) =>
      frame.slice(0, frame.indexOf("\x1b[J")).split("\n").map((line) =>
        line.replaceAll("\x1b[K", "").replaceAll("\r", "")
      )
    );
  }

  /** The last lines that were shown. */
  get lines(): readonly string[] {
    return this.frames.at(-1) ?? [];
  }

  /** Waits until the last lines have `pattern`. */
  async shows(pattern: RegExp): Promise<readonly string[]> {
    return await until(
      () => pattern.test(this.lines.join("\n")) ? this.lines : undefined,
      () => `${pattern} in\n${this.lines.join("\n")}\nof ${JSON.stringify(this.#written.slice(-500))}`,
    ) as readonly string[];
  }

  #order(text: string): void {
    this.#process.stdin?.write(`${text}\n`);
  }

  /** Presses a key: a character, or an escape of Python's. */
  press(key: string): void {
    this.#order(`key ${key}`);
  }

  /** Makes it another size, which the command is told by SIGWINCH. */
  resize(rows: number, columns: number): void {
    this.#order(`size ${rows} ${columns}`);
  }

  /** Sends the command a signal. */
  signal(name: string): void {
    this.#order(`signal ${name}`);
  }

  /** The end of the command. */
  async end(): Promise<TerminalEnd> {
    return await within(this.#end, () => `the end; there is ${JSON.stringify(this.#written.slice(-500))}`);
  }

  /** Ends the terminal, which ends the command too. */
  close(): void {
    this.#process.kill("SIGKILL");
  }
}
