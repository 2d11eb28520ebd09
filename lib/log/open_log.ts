/**
 * The parent's log: opened by its path with the rights that the parent has, kept over a restart, and handed to the
 * children as it is.
 *
 * @module
 */

import { LEVEL } from "./line_format.ts";
import { realpathSync } from "node:fs";
import type { Config } from "../config/options.ts";
import { PrivilegeError, TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { libc } from "../os/calls.ts";
import { closeFd, closeOnExec, duplicate, giveFile, isSeekable, setNonBlocking } from "../os/descriptor.ts";
import { reasonOf } from "../os/errno.ts";
import { remedyForFile } from "../os/file_remedy.ts";
import { openToAppend } from "../os/open_file.ts";
import type { Identity } from "../os/user.ts";
import { ownDescriptor } from "../trusted_path.ts";
import { mayWait, openOwn } from "./line_output.ts";
import { Logger, type LogOptions, SYSLOG_NAME } from "./logger.ts";

const STDERR = 2;

/** A log that is open: what the program hands to itself at a restart. */
export interface InheritedLog extends Pick<LogOptions, "level" | "format" | "breaksStacks"> {
  readonly fd: number;
  /** The path by which it was opened; undefined for stderr. */
  readonly file?: string | undefined;
}

/** The path of `log_file`; undefined where the log goes elsewhere. */
function fileOf({ logFile }: Pick<Config, "logFile">): string | undefined {
  return logFile === SYSLOG_NAME || logFile === "" ? undefined : logFile;
}

/** Opens a file, or what stands in its place: a FIFO or a terminal, which is not waited for. @throws {SystemError} */
function openFile(path: string): number {
  const fd = openToAppend(path);
  if (mayWait(fd)) setNonBlocking(fd);
  return fd;
}

/**
 * A path that stands for a stream of this process cannot be opened where it leads to a socket, nor by a user to whom the
 * pipe or terminal behind it does not belong. The stream itself is used.
 */
function openFileOrStream(path: string): number {
  const stream = ownDescriptor(path);
  return stream === undefined ? openFile(path) : isSeekable(stream) ? duplicate(stream) : openOwn(stream);
}

/** Whether a path names a file of its own, not a stream of this process. */
function isFile(path: string | undefined): path is string {
  return path !== undefined && ownDescriptor(path) === undefined;
}

/** Opens what is to take the lines. @throws {TineError} if the file cannot be opened (status 73) */
function openTarget(file: string | undefined, inherited: InheritedLog | undefined): number {
  if (
    inherited !== undefined && inherited.file === file &&
    (file === undefined || ownDescriptor(file) !== undefined)
  ) {
    return inherited.fd;
  }
  if (file === undefined) return openOwn(STDERR);
  try {
    return openFileOrStream(file);
  } catch (cause) {
    // Opened when this process had other rights, or while its folder was there.
    if (inherited?.file === file) return (inherited as InheritedLog).fd;
    throw new TineError(
      `Cannot open log_file "${file}": ${reasonOf(cause)}; ${remedyForFile(file)}`,
      { cause, exitCode: EX_CANTCREAT },
    );
  }
}

/**
 * The log that the options ask for, before {@linkcode directLog}.
 *
 * @param inherited What was open before a restart: kept where it cannot be had again.
 * @throws {TineError} if its file cannot be opened (status 73)
 */
export function openLog(
  config: Pick<Config, "logLevel" | "logFile" | "logFormat">,
  inherited?: InheritedLog,
): Logger {
  const file = fileOf(config);
  const fd = openTarget(file, inherited);
  if (inherited !== undefined && inherited.fd !== fd) closeFd(inherited.fd);
  closeOnExec(fd);
  const logger = new Logger({
    level: config.logLevel,
    format: config.logFormat,
    breaksStacks: file === undefined && libc.isatty(STDERR) === 1,
    fd,
    file,
    // There is nothing to open again where a stream of this process is meant.
    open: isFile(file) ? openFile : undefined,
  });
  if (isFile(file) && fd === inherited?.fd) {
    logger.log(LEVEL.warning, `Cannot open log_file "${file}" again; going on with the old one`);
  }
  return logger;
}

/** What the program hands to itself of its log. */
export function inheritedLog(logger: Logger): InheritedLog {
  const { level, format, breaksStacks } = logger.options;
  return { fd: logger.descriptor, file: logger.file, level, format, breaksStacks };
}

/** The log from before a restart, for who cannot read the options. */
export function adoptLog(log: InheritedLog): Logger {
  return new Logger({ ...log, open: isFile(log.file) ? openFile : undefined });
}

/** Looks whether the log can be had. `present`: the path of the one that is open, which can be kept. @throws {TineError} */
export function tryLog(config: Pick<Config, "logFile">, present: string | undefined): void {
  const file = fileOf(config);
  if (file === undefined || file === present) return;
  closeFd(openTarget(file, undefined));
}

/** Gives the log file to the user that the server becomes (Net::Server's `chown_files`): the file itself, not a link to it. */
export function giveLog({ file, fileFd }: Logger, owner: Identity): void {
  if (
    file === undefined || fileFd === undefined || ownDescriptor(file) !== undefined || !isSeekable(fileFd)
  ) {
    return;
  }
  if (realpathSync(file).startsWith("/dev/")) return;
  try {
    giveFile(fileFd, owner);
  } catch (cause) {
    const what = `Cannot give "${file}" to user ${owner.uid}: ${reasonOf(cause)}`;
    throw new PrivilegeError(`${what}; start as root, or leave user and group out`, { cause });
  }
}
