/**
 * What a start would come to with these options on this machine: looked at, with nothing created, and nothing bound for
 * longer than it takes to ask.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type LoadedConfig, originOf } from "../config/config.ts";
import type { Handler } from "../context.ts";
import { planConfinement } from "../daemon/privileges.ts";
import { type BindError, located, TineError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { explain } from "../listen/bind.ts";
import { thisMachine } from "../listen/machine.ts";
import { planPorts, type Wanted } from "../listen/plan.ts";
import { faultOfPath } from "../listen/unix_path.ts";
import { errnoSentence } from "../os/errno.ts";
import { remedyForFile } from "../os/file_remedy.ts";
import { chooseSerializer } from "../serialize/prepare.ts";
import { loopOf } from "../server/loops.ts";
import { checkPorts } from "./check_ports.ts";

function quiet(): void {}

/** Why a file can neither be opened to be written nor be made: the error's name; undefined if it can. */
function whyNotWritable(path: string): string | undefined {
  try {
    const isThere = statSync(path, { throwIfNoEntry: false });
    if (isThere?.isDirectory()) return "EISDIR";
    if (isThere !== undefined) accessSync(path, constants.W_OK);
    else checkFolder(path);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Asks whether a file could be made in the folder of `path`. @throws as `node:fs` does */
function checkFolder(path: string): void {
  // The slash: what is there has to be a folder.
  accessSync(`${dirname(resolve(path))}/`, constants.W_OK | constants.X_OK);
}

/** @throws {TineError} as the start would */
function checkFile(
  loaded: LoadedConfig,
  key: "log_file" | "pid_file" | "lock_file",
  path = "",
): void {
  const why = path === "" ? undefined : whyNotWritable(path);
  if (why === undefined) return;
  const verb = key === "log_file" ? "open" : "create";
  const message = `Cannot ${verb} ${key} "${path}": ${errnoSentence(why)}; ${remedyForFile(path)}`;
  throw new TineError(located(originOf(loaded, key), message), { exitCode: EX_CANTCREAT });
}

/** @throws {BindError} as the start would, where a unix socket's file could not be made */
function checkSocketPath(wanted: Wanted): void {
  const { path } = wanted.target.address;
  if (path === undefined) return;
  try {
    const fault = faultOfPath(path);
    if (fault !== undefined) throw fault;
    checkFolder(path);
  } catch (error) {
    throw explain(error, wanted.target, wanted) ?? error;
  }
}

/** What a start would come to. */
export interface StartOutlook {
  /** How many addresses would be bound. */
  readonly ports: number;
  /** Which of them could not be bound now, since others than the server of this configuration have them. */
  readonly taken: readonly BindError[];
}

/**
 * Looks at all that a start would do with these options: users, groups and folders, names of hosts and services, ports.
 *
 * @param handler The handler, where it is known.
 * @throws {TineError} as the start would, with its status
 */
export async function checkStart(
  loaded: LoadedConfig,
  handler: Handler | undefined,
): Promise<StartOutlook> {
  const { config, personality } = loaded;
  checkFile(loaded, "log_file", config.logFile === "Sys::Syslog" ? undefined : config.logFile);
  const { checkHandler } = await loopOf(personality);
  if (handler !== undefined) checkHandler?.(handler);
  checkFile(loaded, "pid_file", config.pidFile);
  let wanted: readonly Wanted[] = [];
  if (personality.binds) {
    wanted = (await planPorts({ ...loaded, log: quiet }, thisMachine)).flat();
    wanted.forEach(checkSocketPath);
    const { kind } = chooseSerializer({ ...config, listeners: wanted.length });
    if (kind === "flock") checkFile(loaded, "lock_file", config.lockFile);
  }
  planConfinement(loaded, quiet);
  return { ports: wanted.length, taken: checkPorts(wanted, loaded) };
}
