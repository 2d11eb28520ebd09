/**
 * The log: levels 0 (fatal) to 4 (debugging), to stderr or a file, which several processes append to, or to whatever
 * takes its lines instead.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import type { Handler, Server } from "../context.ts";
import { SystemError, TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { libc } from "../os/calls.ts";
import { closeFd } from "../os/descriptor.ts";
import { openToAppend } from "../os/open_file.ts";
import { runtime } from "../runtime/choose.ts";
import { escapeMessage, formatJson, logTime } from "./line_format.ts";
import type { LogSink } from "./sink.ts";

/** What a log needs to know. */
export interface LogOptions {
  /** The highest level that is written. */
  readonly level: number;
  /** A path; undefined or empty for stderr. */
  readonly file?: string | undefined;
  readonly format: "line" | "json";
}

/** What `log_file` says to send the log to syslog (Net::Server's name of a module). */
const SYSLOG_NAME = "Sys::Syslog";
const STDERR = 2;
const encoder = new TextEncoder();

/** Why a file cannot be opened, without what was tried. */
function reasonOf(error: unknown): string {
  return error instanceof SystemError ? error.reason : (error as Error).message;
}

/** Writes lines, each in one call, so that those of several processes do not mix. */
export class Logger {
  /** The highest level that is written. */
  readonly level: number;
  readonly #options: LogOptions;
  #fd: number = STDERR;
  #sink: LogSink | undefined;
  #prefix: ((level: number) => string) | undefined;

  /** @throws {TineError} if the file cannot be opened (status 73) */
  constructor(options: LogOptions) {
    this.level = options.level;
    this.#options = options;
    this.reopen();
  }

  /** Where lines are written to: the file that is open now, or stderr. */
  get descriptor(): number {
    return this.#fd;
  }

  /** The descriptor of the log file; undefined if there is none. */
  get fileFd(): number | undefined {
    return this.#fd === STDERR ? undefined : this.#fd;
  }

  /** Sends lines to `sink` from now on. */
  useSink(sink: LogSink): void {
    this.#sink = sink;
  }

  /** Puts what `prefix` gives before each line to stderr. */
  usePrefix(prefix: (level: number) => string): void {
    this.#prefix = prefix;
  }

  /** Whether lines to stderr have a prefix, for the journal. */
  get writesToJournal(): boolean {
    return this.#prefix !== undefined;
  }

  /** Whether lines of this level are written: asked first where a line is costly to make. */
  writes(level: number): boolean {
    return level <= this.level && this.level > 0;
  }

  /** Writes a message. */
  log(level: number, message: string): void {
    // log_level 0 turns the log off altogether, level 0 included (Net::Server's `log`).
    if (!this.writes(level)) return;
    if (this.#sink === undefined) this.write(level, message);
    else this.#give(this.#sink, level, message);
  }

  /** Gives a line to a sink. One that fails must not end the process at whatever it was doing. */
  #give(sink: LogSink, level: number, message: string): void {
    const fail = (error: unknown) => {
      this.write(1, `Cannot log by ${sink.name}: ${error instanceof Error ? error.message : String(error)}`);
      this.write(level, message);
    };
    try {
      const result = sink.write(level, message);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Writes a message with the time before it, as Net::Server does for the events of a server's life. */
  logTimed(level: number, message: string): void {
    if (this.writes(level)) this.log(level, `${logTime()} ${message}`);
  }

  /** Writes a message to the file or stderr whatever its level. */
  write(level: number, message: string): void {
    const text = this.#options.format === "json"
      ? formatJson(level, message, runtime.pid)
      : escapeMessage(message);
    const prefix = this.#fd === STDERR ? this.#prefix?.(level) ?? "" : "";
    // A full disk or a reader that went away must not end the server; there is nowhere left to say it.
    const bytes = encoder.encode(`${prefix}${text}\n`);
    libc.write(this.#fd, bytes, bytes.length);
  }

  /** Opens the file again, after it was moved away. */
  reopen(): void {
    const { file } = this.#options;
    if (file === undefined || file === "") return;
    let fd: number;
    try {
      fd = openToAppend(file);
    } catch (cause) {
      if (this.#fd !== STDERR) {
        this.log(
          1,
          `Cannot open log_file "${file}" again: ${reasonOf(cause)}; going on with the old one`,
        );
        return;
      }
      throw new TineError(
        `Cannot open log_file "${file}": ${reasonOf(cause)}; name a file that this user may write`,
        { cause, exitCode: EX_CANTCREAT },
      );
    }
    if (this.#fd !== STDERR) closeFd(this.#fd);
    this.#fd = fd;
  }

  /** Lets the sink send what it has kept, right before the process ends. */
  close(): void {
    this.#sink?.close?.();
  }
}

/** Whether the log goes to syslog. */
function sendsToSyslog({ logFile }: Pick<Config, "logFile">): boolean {
  return logFile === SYSLOG_NAME;
}

/**
 * The log that the options ask for, before {@linkcode directLog}.
 *
 * @throws {TineError} if its file cannot be opened (status 73)
 */
export function openLog(config: Pick<Config, "logLevel" | "logFile" | "logFormat">): Logger {
  const file = sendsToSyslog(config) ? undefined : config.logFile;
  return new Logger({ level: config.logLevel, file, format: config.logFormat });
}

/** What decides where a log goes. */
export interface LogDestination {
  readonly config: Config;
  readonly handler: Handler;
  readonly server: Server;
  /** Whether stderr leads to systemd's journal. */
  readonly journal: boolean;
}

/**
 * Directs a log to where the program and the options want it, if that is neither stderr nor a file. Net::Server's order:
 * code that takes whole events, then syslog, then the hook that stands for the file.
 */
export async function directLog(
  logger: Logger,
  { config, handler, server, journal }: LogDestination,
): Promise<void> {
  const { hooks } = handler;
  if (handler.logFunction !== undefined) {
    logger.useSink({
      name: "logFunction",
      write: (level, message) => handler.logFunction?.(level, message),
    });
  } else if (sendsToSyslog(config)) {
    const { SyslogSink } = await import("./syslog.ts");
    logger.useSink(
      new SyslogSink({
        logsock: config.syslogLogsock,
        ident: config.syslogIdent,
        logopt: config.syslogLogopt,
        facility: config.syslogFacility,
      }),
    );
  } else if (hooks?.writeToLog !== undefined) {
    logger.useSink({
      name: "the hook writeToLog",
      write: (level, message) => hooks.writeToLog?.(server, level, message),
    });
  }
  if (journal) logger.usePrefix((await import("./journal.ts")).journalPrefix);
}
