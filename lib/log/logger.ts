/**
 * The log: levels 0 (fatal) to 4 (debugging), to stderr or a file, which several processes append to.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import { TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { libc } from "../os/calls.ts";
import { closeFd, openToAppend } from "../os/descriptor.ts";
import { runtime } from "../runtime/choose.ts";
import { escapeMessage, formatJson, logTime } from "./line_format.ts";

/** What a log needs to know. */
export interface LogOptions {
  /** The highest level that is written. */
  readonly level: number;
  /** A path; undefined or empty for stderr. */
  readonly file?: string | undefined;
  readonly format: "line" | "json";
}

/** Takes lines in place of the file or stderr (the `writeToLog` hook). */
export type LogSink = (level: number, message: string) => void;

const STDERR = 2;
const encoder = new TextEncoder();

/** The part of a message behind what was tried. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message.slice(message.lastIndexOf(": ") + 2);
}

/** Writes lines, each in one call, so that those of several processes do not mix. */
export class Logger {
  /** The highest level that is written. */
  readonly level: number;
  readonly #options: LogOptions;
  #fd: number = STDERR;
  #sink: LogSink | undefined;

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

  /** Sends lines to `sink` from now on. */
  useSink(sink: LogSink): void {
    this.#sink = sink;
  }

  /** Whether lines of this level are written: asked first where a line is costly to make. */
  writes(level: number): boolean {
    return level <= this.level && this.level > 0;
  }

  /** Writes a message. */
  log(level: number, message: string): void {
    // log_level 0 turns the log off altogether, level 0 included (Net::Server's `log`).
    if (!this.writes(level)) return;
    if (this.#sink !== undefined) this.#sink(level, message);
    else this.write(level, message);
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
    // A full disk or a reader that went away must not end the server; there is nowhere left to say it.
    const bytes = encoder.encode(`${text}\n`);
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
}

/** The log that the options ask for. @throws {TineError} if its file cannot be opened (status 73) */
export function openLog(config: Pick<Config, "logLevel" | "logFile" | "logFormat">): Logger {
  return new Logger({ level: config.logLevel, file: config.logFile, format: config.logFormat });
}
