/**
 * The log: levels 0 (error) to 4 (debug), to stderr or a file, which several processes append to, or to whatever
 * takes its lines instead.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import type { Handler, Server } from "../context.ts";
import { SystemError } from "../errors.ts";
import { runtime } from "../runtime/choose.ts";
import { type Entry, formatEntry, LEVEL } from "./line_format.ts";
import { LineOutput } from "./line_output.ts";
import type { LogSink } from "./sink.ts";

/** What a log needs to know. */
export interface LogOptions {
  /** The highest level that is written. */
  readonly level: number;
  readonly format: "line" | "json";
  /** Whether lines are for a person at a terminal, where a stack has several. */
  readonly breaksStacks?: boolean | undefined;
  /** A descriptor of the log's own. */
  readonly fd: number;
  /** The file's path; undefined for stderr. */
  readonly file?: string | undefined;
  /** Opens the file again; undefined where this process does not. @throws {SystemError} */
  readonly open?: ((file: string) => number) | undefined;
}

/** What `log_file` says to send the log to syslog (Net::Server's name of a module). */
export const SYSLOG_NAME = "Sys::Syslog";
/** The level of what is printed. */
const PRINTED_LEVEL = LEVEL.notice;

function why(error: unknown): string {
  if (error instanceof SystemError) return error.reason;
  return error instanceof Error ? error.message : String(error);
}

/** Writes lines, each in one call, so that those of several processes do not mix. */
export class Logger {
  /** The highest level that is written. */
  readonly level: number;
  /** What it was made with. */
  readonly options: LogOptions;
  readonly #output: LineOutput;
  #sink: LogSink | undefined;
  #prefix: ((level: number) => string) | undefined;

  constructor(options: LogOptions) {
    this.level = options.level;
    this.options = options;
    this.#output = new LineOutput(options.fd, (count) => this.#lostLine(count));
  }

  /** Where lines are written to: always the same number, whatever is opened. */
  get descriptor(): number {
    return this.#output.fd;
  }

  /** The path of the log file; undefined if there is none. */
  get file(): string | undefined {
    return this.options.file;
  }

  /** The descriptor of the log file; undefined if there is none. */
  get fileFd(): number | undefined {
    return this.file === undefined ? undefined : this.descriptor;
  }

  /** Sends lines to `sink` from now on. */
  useSink(sink: LogSink): void {
    this.#sink = sink;
  }

  /** Puts what `prefix` gives before each line to stderr. */
  usePrefix(prefix: (level: number) => string): void {
    if (this.file === undefined) this.#prefix = prefix;
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

  /**
   * Writes a line that a process printed. Code that takes the log does not get it: it may be what has printed the line.
   */
  printed(line: string, pid: number): void {
    if (!this.writes(PRINTED_LEVEL)) return;
    if (this.#sink?.takesPrinted !== true) this.write(PRINTED_LEVEL, line, pid);
    else this.#give(this.#sink, PRINTED_LEVEL, pid === runtime.pid ? line : `[${pid}] ${line}`);
  }

  /** Gives a line to a sink. One that fails must not end the process at whatever it was doing. */
  #give(sink: LogSink, level: number, message: string): void {
    const fail = (error: unknown) => {
      this.write(
        LEVEL.warning,
        `Cannot log by ${sink.name}: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.write(level, message);
    };
    try {
      const result = sink.write(level, message);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Writes a message to the file or stderr whatever its level. */
  write(level: number, message: string, pid: number = runtime.pid): void {
    const { longest } = this.#output;
    for (const line of this.#format({ level, message, pid, date: new Date() }, longest)) {
      this.#output.put(line);
    }
  }

  #format(entry: Entry, longest: number): Uint8Array[] {
    const { format, breaksStacks } = this.options;
    return formatEntry(entry, { format, breaksStacks, prefix: this.#prefix, longest });
  }

  #lostLine(count: number): Uint8Array {
    const lines = count === 1 ? "1 line" : `${count} lines`;
    const message = `${lines} of the log lost: its reader did not keep up`;
    const [line] = this.#format(
      { level: LEVEL.warning, message, pid: runtime.pid, date: new Date() },
      Infinity,
    );
    return line as Uint8Array;
  }

  /** Opens the file again, after it was moved away. Whether lines go to a new one now. */
  reopen(): boolean {
    const { file, open } = this.options;
    if (file === undefined || open === undefined) return false;
    try {
      this.takeOver(open(file));
    } catch (cause) {
      this.log(
        LEVEL.warning,
        `Cannot open log_file "${file}" again: ${why(cause)}; going on with the old one`,
      );
      return false;
    }
    this.log(LEVEL.notice, `Reopened log_file "${file}"`);
    return true;
  }

  /** Lines go to what `fd` is open on from now on; its number is free then. */
  takeOver(fd: number): void {
    this.#output.replace(fd);
  }

  /** Sends what was kept, as far as that is possible at once, right before the process ends. */
  close(): void {
    this.#sink?.close?.();
    this.#output.flush();
  }
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
  } else if (config.logFile === SYSLOG_NAME) {
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
