/**
 * This program started once more beside itself, to become the daemon or to try what a restart would do, and what it
 * reports about that.
 *
 * @module
 */

import process from "node:process";
import type { Address } from "../address.ts";
import { ownProgram } from "../os/command_line.ts";
import { closeFd, closeOnExec, createPipe } from "../os/descriptor.ts";
import { libc } from "../os/calls.ts";
import { type Ending, processExists, reap, spawn } from "../os/process.ts";
import { pollAway } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import type { ErrorRecord } from "./error_record.ts";
import { givenVariables } from "./given.ts";

/** The environment variable by which the program learns what it was started for. */
export const SELF_VARIABLE = "TINE_SELF";

/** What the program is started once more for. */
export type Purpose =
  /** To be the server, in the background. */
  | { readonly role: "daemon" }
  /** To be the server of a program that has called `serve`. */
  | { readonly role: "served" }
  /** To do all that a restart does, short of starting children, on these sockets. */
  | {
    readonly role: "dry_run";
    readonly sockets: readonly { readonly fd: number; readonly key: string }[];
    /** The pid file that the server holds. */
    readonly pidFile: string | undefined;
    /** Whether children serve, which a restart hands on. */
    readonly hasChildren: boolean;
    /** The path of the log file that the server has open. */
    readonly logFile: string | undefined;
  };

/** How it went: a text, or an error with the status that belongs to it. */
export type Report =
  | {
    readonly done: string;
    readonly addresses?: readonly Address[];
    /** The server's `stop_timeout`, in seconds. */
    readonly stopTimeout?: number;
  }
  | { readonly failed: string; readonly exitCode: number; readonly error?: ErrorRecord };

/** What the program that was started once more reports by. */
export class Reporter {
  #fd: number | undefined;

  constructor(fd: number | undefined) {
    this.#fd = fd;
  }

  /** Whether a process waits for a report. */
  get isAwaited(): boolean {
    return this.#fd !== undefined;
  }

  /** Reports, once. The reader may have gone, which is no reason to end. */
  report(report: Report): void {
    if (this.#fd === undefined) return;
    const bytes = new TextEncoder().encode(JSON.stringify(report));
    libc.write(this.#fd, bytes, bytes.length);
    closeFd(this.#fd);
    this.#fd = undefined;
  }
}

/** What the program finds in its environment that is started for `purpose`, and reports by `reportFd`. */
export function purposeText(purpose: Purpose, reportFd: number): string {
  return JSON.stringify({ purpose, reportFd });
}

/** What this process was started for by itself, and how to report; undefined in one that a person started. */
export function takePurpose(): { purpose: Purpose; reporter: Reporter } | undefined {
  const text = runtime.takeVariable(SELF_VARIABLE);
  if (text === undefined) return undefined;
  const { purpose, reportFd } = JSON.parse(text) as { purpose: Purpose; reportFd: number };
  closeOnExec(reportFd);
  // What systemd handed to the command is for the server.
  if (purpose.role === "daemon" && process.env["LISTEN_PID"] === String(process.ppid)) {
    process.env["LISTEN_PID"] = String(process.pid);
  }
  return { purpose, reporter: new Reporter(reportFd) };
}

/** The program that was started once more, as its starter sees it. */
export interface SpawnedSelf {
  readonly pid: number;
  /** Readable when there is a report, or the program has ended. Not blocking. */
  readonly fd: number;
}

/** Starts this program once more. @throws {SpawnError} */
export function spawnSelf(
  purpose: Purpose,
  options: { inherit: readonly number[]; newSession: boolean },
): SpawnedSelf {
  const pipe = createPipe();
  const program = ownProgram();
  const environment = {
    ...program.environment,
    ...givenVariables,
    [SELF_VARIABLE]: purposeText(purpose, pipe.write),
  };
  try {
    const pid = spawn({ ...program, environment }, {
      inherit: [pipe.write, ...options.inherit],
      heldBack: [],
      newSession: options.newSession,
    });
    return { pid, fd: pipe.read };
  } catch (error) {
    closeFd(pipe.read);
    throw error;
  } finally {
    closeFd(pipe.write);
  }
}

/** How often the end of a process is looked for that is about to end. */
const LOOK_MS = 5;

/** Waits for its end. Undefined: it has been reaped elsewhere. */
export async function awaitEnding({ pid }: SpawnedSelf): Promise<Ending | undefined> {
  for (;;) {
    const ending = reap(pid);
    if (ending !== undefined || !processExists(pid)) return ending;
    await pollAway([], LOOK_MS);
  }
}

/** The report that a text is; undefined of one that was cut off. */
export function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

/** Reads the report, once its descriptor is readable, and closes that. Undefined: it ended without a whole one. */
export function readReport({ fd }: SpawnedSelf): Report | undefined {
  let text = "";
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(65536);
  for (;;) {
    const n = libc.read(fd, bytes, bytes.length);
    if (n <= 0) break;
    text += decoder.decode(bytes.subarray(0, n), { stream: true });
  }
  closeFd(fd);
  return parseReport(text);
}
