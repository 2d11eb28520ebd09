/**
 * The handler of a command line: the argument HANDLER, else the option `handler`.
 *
 * @module
 */

import { splitPositionals } from "../config/command_line.ts";
import { nameHandler, type Sources } from "../config/config.ts";
import { findHandlerOption } from "../config/handler_option.ts";
import type { Handler } from "../context.ts";
import { loadHandler } from "../handler/load.ts";

/** A command line whose handler is loaded. */
export interface NamedHandler {
  /** The handler, if one is named. */
  readonly handler: Handler | undefined;
  /** The URL of its module. */
  readonly url: string | undefined;
  /** What reading the options needs. */
  readonly sources: Sources;
}

/** How the arguments of a command are to be read. */
export interface ReadingOptions {
  /** How many arguments stood before these. */
  readonly before: number;
  /** Where a handler may be named, for messages. */
  readonly usage: string;
  /** A configuration file that stood right before these. */
  readonly file?: string | undefined;
  /**
   * Whether a handler that only the option `handler` names is left alone: what in the file is unknown may be its own. Who
   * stops a server has no use for its code, which may be broken. @default false
   */
  readonly leavesHandler?: boolean;
  /** What the command takes beside options, without `--`. */
  readonly flags?: readonly string[] | undefined;
}

/**
 * Loads the handler that arguments name.
 *
 * @param args `[PERSONALITY] [HANDLER] [options]`
 * @throws {TineError} if it cannot be loaded
 */
export async function loadNamedHandler(
  args: readonly string[],
  { before, usage, file, flags, leavesHandler = false }: ReadingOptions,
): Promise<NamedHandler> {
  const { personality, handler: path, rest: options, firstArgument: next } = splitPositionals(args);
  const argv = file === undefined ? options : [`--conf_file=${file}`, ...options];
  const firstArgument = next + before;
  // The file has its number among the arguments, ahead of the handler.
  const place = { source: "command line", line: firstArgument - (file === undefined ? 1 : 0) };
  const positional = path === undefined ? undefined : { path, place };
  const found = positional === undefined ? await findHandlerOption(argv, firstArgument) : {};
  const named = positional ?? found.named;
  const isLeft = leavesHandler && positional === undefined && named !== undefined;
  const loaded = named === undefined || isLeft
    ? undefined
    : await loadHandler(named.path, positional === undefined ? named.place : undefined);
  const handler = loaded?.handler;
  return {
    handler,
    url: loaded?.url,
    sources: {
      argv,
      firstArgument,
      personality,
      handler: positional,
      file: found.file,
      own: handler?.options,
      defaults: handler?.defaults,
      flags,
      hasFetch: handler?.fetch !== undefined,
      ifUnknown: named === undefined ? nameHandler(usage) : undefined,
      ignoresUnknown: isLeft,
    },
  };
}
