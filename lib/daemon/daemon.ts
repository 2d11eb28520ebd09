/**
 * What a server has beside its ports and its children: its pid file, whoever waits for it to listen, what it tells
 * other processes, and the rights that it has given up. It is handed on over a restart.
 *
 * @module
 */

import process from "node:process";
import type { Config } from "../config/options.ts";
import { TineError } from "../errors.ts";
import { EX_FATAL } from "../exit_codes.ts";
import { setCloseOnExec } from "../os/descriptor.ts";
import { runtime } from "../runtime/choose.ts";
import { VERSION } from "../version.ts";
import { type Bulletin, BulletinBoard } from "./bulletin.ts";
import type { Confinement } from "./confine.ts";
import { acquirePidFile, adoptPidFile, type PidFileHandle, removePidFile } from "./pid_file.ts";
import { Reporter } from "./second_self.ts";
import { ServiceManager } from "./service_manager.ts";
import { StandardStreams } from "./standard_streams.ts";

type Log = (level: number, message: string) => void;

/** What is handed on over a restart. */
export interface DaemonLegacy {
  readonly pidFile?: PidFileHandle | undefined;
  /** The descriptor of the bulletin board. */
  readonly boardFd: number;
}

/** What the server tells when it listens. */
export type Debut = Pick<Bulletin, "personality" | "listeners" | "how" | "scoreboard">;

/** The parts of a {@linkcode Daemon}. */
export interface DaemonParts {
  readonly config: Pick<Config, "pidFile" | "background" | "setsid">;
  readonly log: Log;
  /** The log file's descriptor, if there is one. */
  readonly logFd: number | undefined;
  readonly legacy: DaemonLegacy | undefined;
  readonly reporter: Reporter | undefined;
}

/** The server as a daemon. One that stays in the foreground is one too. */
export class Daemon {
  /** What each child has to do before its first client. */
  confinement: Confinement | undefined;
  readonly #parts: DaemonParts;
  readonly #board: BulletinBoard;
  readonly #manager: ServiceManager;
  /** For a server in the background. */
  readonly #streams: StandardStreams | undefined;
  #reporter: Reporter;
  #pidFile: PidFileHandle | undefined;

  /**
   * Takes the pid file, as the first thing that a second server would notice.
   *
   * @throws {TineError} if another process has it, or it cannot be written
   */
  constructor(parts: DaemonParts) {
    const { config, log, legacy } = parts;
    this.#parts = parts;
    this.#reporter = parts.reporter ?? new Reporter(undefined);
    if (legacy !== undefined) setCloseOnExec(legacy.boardFd, { on: true });
    this.#board = new BulletinBoard(legacy?.boardFd);
    this.#manager = new ServiceManager(log);
    this.#streams = config.background || config.setsid
      ? new StandardStreams({ setsid: config.setsid, logFd: parts.logFd })
      : undefined;
    this.#pidFile = takePidFile(config.pidFile, legacy?.pidFile, log);
  }

  /** What is to be handed on over a restart. */
  get legacy(): DaemonLegacy {
    return { pidFile: this.#pidFile, boardFd: this.#board.fd };
  }

  /** The path of the pid file. */
  get pidPath(): string | undefined {
    return this.#pidFile?.path;
  }

  /**
   * The server listens: whoever waits for that is told, and the terminal is left alone from now on.
   *
   * @param options `logFd`: the log file's descriptor, if there is one.
   */
  listening(debut: Debut, options: { readonly logFd: number | undefined }): void {
    this.#streams?.detach(options.logFd);
    const { latest } = this.#board;
    const now = Date.now();
    this.#board.publish({
      ...debut,
      version: VERSION,
      runtime: `${runtime.name} ${runtime.version}`,
      startedMs: latest?.startedMs ?? now,
      configuredMs: now,
      scaled: latest?.scaled ?? 0,
      reloads: latest === undefined ? 0 : latest.reloads + 1,
    });
    this.#manager.ready(`Listening on ${debut.listeners.join(", ")}: ${debut.how}`);
    this.#reporter.report({
      done: `Listening on ${debut.listeners.join(", ")} in the background, process id ${process.pid}`,
    });
  }

  /** The log file was opened again. */
  reopened(logFd: number | undefined): void {
    if (logFd !== undefined) this.#streams?.detach(logFd);
  }

  /** TTIN or TTOU was heeded: so many children there shall be now, in words. */
  scaled(how: string): void {
    this.#board.amend({ how, scaled: (this.#board.latest?.scaled ?? 0) + 1 });
    this.#manager.status(how);
  }

  /** A restart is about to be tried. */
  reloading(): void {
    this.#manager.reloading();
  }

  /** A restart was refused. */
  restartRefused(why: string): void {
    this.#board.amend({ reloads: (this.#board.latest?.reloads ?? 0) + 1, reloadError: why });
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

/** An error that ends the server, in one line, and the status to end with. Of a fault of ours it is all that is known. */
export function describeFailure(error: Error): { text: string; exitCode: number } {
  const isOurs = error instanceof TineError;
  const text = isOurs || error.name === "HookError" ? error.message : error.stack ?? error.message;
  return { text: text.replaceAll(/\n\s*/g, " | "), exitCode: isOurs ? error.exitCode : EX_FATAL };
}

/** Tells whoever waits that the server does not come up. Whether somebody waits. */
export function reportFailure(reporter: Reporter | undefined, error: Error): boolean {
  if (reporter?.isAwaited !== true) return false;
  const { text, exitCode } = describeFailure(error);
  reporter.report({ failed: text, exitCode });
  return true;
}
