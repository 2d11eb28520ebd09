/**
 * What this process prints by `console`, as lines of the log. A child's standard streams are a pipe to its parent; a
 * process without a parent could not read its own pipe while it prints, and what it says at its end would be lost in it.
 *
 * @module
 */

import process from "node:process";
import { LEVEL } from "../log/line_format.ts";
import type { Logger } from "../log/logger.ts";
import { PrintedLines } from "../log/printed_lines.ts";
import { Uncaught } from "../process/failure.ts";
import { runtime } from "../runtime/choose.ts";

/** Has the methods of `console` write to the log from now on. */
export function logOwnPrints(logger: Logger): void {
  let own: Methods | undefined;
  const methods = console as unknown as Methods;
  for (const name of PRINTING) methods[name] = (...args) => (own ??= consoleTo(logger))[name]?.(...args);
}

/** A console that writes to the log. It needs modules that are costly to load, and most servers print nothing. */
function consoleTo(logger: Logger): Methods {
  const { Writable } = process.getBuiltinModule("node:stream");
  const { Console } = process.getBuiltinModule("node:console");
  const lines = new PrintedLines((line) => logger.printed(line, process.pid));
  const stream = new Writable({
    decodeStrings: true,
    write: (bytes: Uint8Array, _encoding, done) => {
      lines.put(bytes);
      done();
    },
  });
  return new Console({ stdout: stream, stderr: stream, colorMode: false }) as unknown as Methods;
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
