/**
 * The log: levels 0 (fatal) to 4 (debugging), to stderr or a file, which several processes append to.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { formatJson } from "./json_format.ts";
import { escapeMessage, logTime } from "./line_format.ts";

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
      ? formatJson(level, message, process.pid)
      : escapeMessage(message);
    try {
      writeSync(this.#fd, `${text}\n`);
    } catch {
      // A full disk or a reader that went away must not end the server; there is nowhere left to say it.
    }
  }

  /** Opens the file again, after it was moved away. */
  reopen(): void {
    const { file } = this.#options;
    if (file === undefined || file === "") return;
    let fd: number;
    try {
      fd = openSync(file, "a", 0o640);
    } catch (cause) {
      if (this.#fd !== STDERR) {
        this.log(
          1,
          `Cannot open log_file "${file}" again: ${(cause as Error).message}; going on with the old one`,
        );
        return;
      }
      throw new TineError(
        `Cannot open log_file "${file}": ${(cause as Error).message}; name a file that this user may write`,
        { cause, exitCode: EX_CANTCREAT },
      );
    }
    if (this.#fd !== STDERR) closeSync(this.#fd);
    this.#fd = fd;
  }
}
