/**
 * What a server has beside its ports and its children: its pid file, the command that waits for it to listen, what it tells
 * other processes, and the rights that it has given up. It is handed on over a restart.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import process from "node:process";
import type { Address } from "../address.ts";
import type { Config } from "../config/options.ts";
import { closeOnExec } from "../os/descriptor.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";
import { type PublishedStatus, type ScoreboardPlace, StatusFile } from "./status_file.ts";
import type { Totals } from "./totals.ts";
import type { Confinement } from "./confine.ts";
import { acquirePidFile, adoptPidFile, type PidFileHandle, removePidFile } from "./pid_file.ts";
import { recordError } from "../process/error_record.ts";
import { Reporter } from "../process/self_spawn.ts";
import { ServiceManager } from "./service_manager.ts";
import { StandardStreams } from "./standard_streams.ts";

/** What is handed on over a restart. */
export interface InheritedDaemon {
  readonly pidFile?: PidFileHandle | undefined;
  /** The descriptor of the status file. */
  readonly statusFd: number;
  /** The `stop_timeout`, in seconds. */
  readonly stopTimeout?: number | undefined;
}

/** What the server tells when it listens. */
export type ReadyInfo = Pick<
  PublishedStatus,
  "name" | "personality" | "listeners" | "sockets" | "how" | "scoreboard" | "oldScoreboards"
>;

/** The parts of a {@linkcode Daemon}. */
export interface DaemonParts {
  readonly config: Pick<Config, "pidFile" | "background" | "setsid" | "stopTimeout">;
  readonly log: Log;
  /** The log file's descriptor, if there is one. */
  readonly logFd: number | undefined;
  readonly inherited: InheritedDaemon | undefined;
  readonly reporter: Reporter | undefined;
}

/** The server as a daemon. One that stays in the foreground is one too. */
export class Daemon {
  /** What each child has to do before its first client. */
  confinement: Confinement | undefined;
  readonly #parts: DaemonParts;
  readonly #statusFile: StatusFile;
  readonly #manager: ServiceManager;
  /** For a server in the background. */
  readonly #streams: StandardStreams | undefined;
  #reporter: Reporter;
  #listeners: readonly Address[] = [];
  #addresses = "";
  #pidFile: PidFileHandle | undefined;
  /** What the service manager is told when the server is ready. */
  #readyText = "";

  /**
   * Takes the pid file, as the first thing that a second server would notice.
   *
   * @throws {TineError} if another process has it, or it cannot be written
   */
  constructor(parts: DaemonParts) {
    const { config, log, inherited } = parts;
    this.#parts = parts;
    this.#reporter = parts.reporter ?? new Reporter(undefined);
    if (inherited !== undefined) closeOnExec(inherited.statusFd);
    this.#statusFile = new StatusFile(inherited?.statusFd);
    this.#manager = new ServiceManager(log);
    this.#streams = config.background || config.setsid
      ? new StandardStreams({ setsid: config.setsid, logFd: parts.logFd })
      : undefined;
    this.#pidFile = takePidFile(config.pidFile, inherited?.pidFile, log);
  }

  /** What is to be handed on over a restart. */
  get inherited(): InheritedDaemon {
    const { stopTimeout } = this.#parts.config;
    return { pidFile: this.#pidFile, statusFd: this.#statusFile.fd, stopTimeout };
  }

  /** What it counts, for other processes. */
  get totals(): Totals {
    return this.#statusFile.totals;
  }

  /** The path of the pid file. */
  get pidPath(): string | undefined {
    return this.#pidFile?.path;
  }

  /**
   * The server listens, and leaves the terminal alone from now on. After a restart, the new configuration is in force only
   * when {@linkcode reloaded} is called.
   *
   * @param options `addresses`: where. `logFd`: the log file's descriptor, if there is one.
   */
  listening(
    readyInfo: ReadyInfo,
    { addresses, logFd }: { readonly addresses: readonly Address[]; readonly logFd: number | undefined },
  ): void {
    this.#streams?.detach(logFd);
    this.#listeners = addresses;
    const { latest } = this.#statusFile;
    const now = Date.now();
    this.#statusFile.publish({
      ...readyInfo,
      version: VERSION,
      runtime: `${runtime.name} ${runtime.version}`,
      startedMs: latest?.startedMs ?? now,
      configuredMs: now,
      scaled: latest?.scaled ?? 0,
      reloads: latest?.reloads ?? 0,
      reloadsRefused: latest?.reloadsRefused ?? 0,
    });
    this.#addresses = readyInfo.listeners.join(", ");
    this.#readyText = `Listening on ${this.#addresses}: ${readyInfo.how}`;
    if (latest === undefined) this.#manager.ready(this.#readyText);
  }

  /** Whether a command waits until clients can be served. */
  get isAwaited(): boolean {
    return this.#reporter.isAwaited;
  }

  /** Clients can be served: the command that waits for that is told. */
  serving(): void {
    this.#reporter.report({
      done: `Listening on ${this.#addresses} in the background, process id ${process.pid}`,
      addresses: this.#listeners,
      stopTimeout: this.#parts.config.stopTimeout,
    });
  }

  /** The log file was opened again. */
  reopened(logFd: number | undefined): void {
    if (logFd !== undefined) this.#streams?.detach(logFd);
  }

  /** TTIN or TTOU was handled: so many children there shall be now, in words. */
  scaled(how: string): void {
    this.#statusFile.amend({
      how,
      scaled: (this.#statusFile.latest?.scaled ?? 0) + 1,
      scaleError: undefined,
    });
    this.#manager.status(how);
  }

  /** TTIN or TTOU came, and the number of children stays as it is. */
  scaleRefused(why: string): void {
    this.#statusFile.scaleRefused(why);
  }

  /** These scoreboards are left of those from before reloads. */
  keepsScoreboards(oldScoreboards: readonly ScoreboardPlace[]): void {
    this.#statusFile.amend({ oldScoreboards });
  }

  /** A restart is about to be tried. */
  reloading(): void {
    this.#manager.reloading();
  }

  /** No child serves by the old configuration any more. */
  reloaded(): void {
    this.#statusFile.amend({ reloads: (this.#statusFile.latest?.reloads ?? 0) + 1, reloadError: undefined });
    this.#manager.ready(this.#readyText);
  }

  /** A restart was refused, or comes to nothing. */
  restartRefused(why: string): void {
    this.#statusFile.reloadRefused(why);
    this.#manager.ready(`Cannot restart: ${why}`);
  }

  /** The server is about to end. */
  stopping(): void {
    this.#manager.stopping();
  }

  /** Removes what is left when the server ends. */
  remove(): void {
    if (this.#pidFile !== undefined) removePidFile(this.#pidFile, this.#parts.log);
    this.#pidFile = undefined;
  }
}

function takePidFile(
  wanted: string | undefined,
  held: PidFileHandle | undefined,
  log: Log,
): PidFileHandle | undefined {
  const handle = wanted === undefined ? undefined : acquirePidFile(wanted, { held, log });
  if (held !== undefined) {
    if (handle?.fd === held.fd) adoptPidFile(held);
    else removePidFile(held, log);
  }
  return handle;
}

/** Tells the waiting command that the server does not come up. Returns whether there is one. */
export function reportFailure(reporter: Reporter | undefined, error: Error): boolean {
  if (reporter?.isAwaited !== true) return false;
  const record = recordError(error);
  reporter.report({ failed: record.message, exitCode: record.exitCode, error: record });
  return true;
}
