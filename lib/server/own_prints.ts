/**
 * What this process prints by `console`, as lines of the log. A child's standard streams are a pipe to its parent; a
 * process without a parent could not read its own pipe while it prints, and what it says at its end would be lost in it.
 *
 * @module
 */

import { Console } from "node:console";
import process from "node:process";
import { Writable } from "node:stream";
import { LEVEL } from "../log/line_format.ts";
import type { Logger } from "../log/logger.ts";
import { PrintedLines } from "../log/printed_lines.ts";
import { Uncaught } from "../process/failure.ts";
import { runtime } from "../runtime/choose.ts";

/** Has the methods of `console` write to the log from now on. */
export function logOwnPrints(logger: Logger): void {
  const lines = new PrintedLines((line) => logger.printed(line, process.pid));
  const stream = new Writable({
    decodeStrings: true,
    write: (bytes: Uint8Array, _encoding, done) => {
      lines.put(bytes);
      done();
    },
  });
  const own = new Console({ stdout: stream, stderr: stream, colorMode: false }) as unknown as Methods;
  const methods = console as unknown as Methods;
  for (const name of PRINTING) methods[name] = (...args) => own[name]?.(...args);
}

type Methods = Record<string, (...args: unknown[]) => void>;

/** The methods of `console` that print; groups and counts are kept by the same object. */
const PRINTING = [
  "log",
  "info",
  "debug",
  "warn",
  "error",
  "trace",
  "dir",
  "dirxml",
  "table",
  "assert",
  "group",
  "groupCollapsed",
  "groupEnd",
  "count",
  "countReset",
  "time",
  "timeLog",
  "timeEnd",
];

/**
 * Writes to the log what nothing catches, where the runtime would print it.
 *
 * @param end Is given it, and ends the server.
 */
export function logUncaught(logger: Logger, end: (error: Uncaught) => unknown): void {
  runtime.onUncaught((cause) => {
    const error = new Uncaught(cause);
    // At once, as the server may wait for what will never come now.
    logger.log(LEVEL.error, error.message);
    end(error);
  });
}
