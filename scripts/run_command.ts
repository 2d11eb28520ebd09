/**
 * Runs a command with a time limit and keeps what it prints.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";

/** How a command went. */
export interface Outcome {
  readonly isOk: boolean;
  /** What it printed on both streams, in the order in which it came. */
  readonly output: string;
  /** Why it failed, where its output does not say so. */
  readonly why?: string;
  readonly milliseconds: number;
}

/** The commands under way; each leads a process group of its own. */
const running = new Set<ChildProcess>();

/** Kills a command and all that it started: a test that hangs has often left a server behind. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

/** Ends all commands under way, and this program, when a person or a supervisor ends it; `clear` is called in between. */
export function passSignalsOn(clear: () => void): void {
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    process.on(signal, () => {
      for (const child of running) killGroup(child);
      clear();
      process.exit(status);
    });
  }
}

/** Calls `ring` after so many milliseconds; the result calls it off. */
export type Alarm = (ms: number, ring: () => void) => () => void;

const setAlarm: Alarm = (ms, ring) => {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
};

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** The clock that the limit goes by. Default: the real one. */
  readonly alarm?: Alarm;
}

/** Runs one command; never throws. */
export function runCommand(command: readonly string[], options: CommandOptions): Promise<Outcome> {
  const [program = "", ...args] = command;
  const start = performance.now();
  return new Promise((resolve) => {
    let output = "";
    let why: string | undefined;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const callOff = (options.alarm ?? setAlarm)(options.timeLimitMs, () => {
      why = `it took more than ${options.timeLimitMs / 1000} seconds and was killed`;
      killGroup(child);
    });
    const finish = (isOk: boolean) => {
      callOff();
      running.delete(child);
      // "exit" and not "close" ends the wait, because a server that outlives its test keeps the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      const milliseconds = performance.now() - start;
      resolve({ isOk, output, milliseconds, ...(why === undefined ? {} : { why }) });
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
    child.on("error", (error) => {
      why = `it cannot be started: ${error.message}`;
      finish(false);
    });
    child.on("exit", (status, signal) => {
      if (why === undefined && signal !== null) why = `it died of ${signal}`;
      // What was written just before the exit may still be on its way through the pipes.
      const drained = setTimeout(() => finish(status === 0), 1000);
      child.on("close", () => {
        clearTimeout(drained);
        finish(status === 0);
      });
    });
  });
}
