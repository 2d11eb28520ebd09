/**
 * The files that a server opens for itself. What is wrong with one is told with the place where it is named.
 *
 * @module
 */

import { type LoadedConfig, originOf } from "../config/config.ts";
import { Daemon } from "../daemon/daemon.ts";
import { located, TineError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { type InheritedLog, openLog } from "../log/open_log.ts";
import type { takeStart } from "./take_start.ts";

function placed<T>(loaded: LoadedConfig, option: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const place = originOf(loaded, option);
    if (!(error instanceof TineError) || place === undefined) throw error;
    throw new TineError(located(place, error.message), { cause: error, exitCode: error.exitCode });
  }
}

/** The log. @throws {TineError} if its file cannot be opened */
export function openServerLog(loaded: LoadedConfig, inherited: InheritedLog | undefined): Logger {
  return placed(loaded, "log_file", () => openLog(loaded.config, inherited));
}

/** The pid file, and what the server tells of itself. @throws {TineError} if another server has that */
export function openDaemon(
  loaded: LoadedConfig,
  log: Logger,
  { inherited, self }: ReturnType<typeof takeStart>,
): Daemon {
  return placed(loaded, "pid_file", () =>
    new Daemon({
      config: loaded.config,
      log: log.log.bind(log),
      logFd: log.fileFd,
      inherited: inherited?.daemon,
      reporter: self?.reporter,
    }));
}
