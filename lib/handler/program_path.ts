/**
 * Where the program to run for each client is: looked for once, when the server starts, so that neither a later PATH
 * nor another working directory has a say in it.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { type LoadedConfig, originOf } from "../config/config.ts";
import type { Handler } from "../context.ts";
import { ConfigError, formatPlace, located, type Place, TineError } from "../errors.ts";
import { EX_CONFIG, EX_NOINPUT, EX_NOPERM } from "../exit_codes.ts";
import { understandPorts } from "../config/ports.ts";
import { runtime } from "../runtime/choose.ts";

/** Where programs are looked for when the environment has no PATH (as execvp(3) does). */
const USUAL_PATH = "/bin:/usr/bin";
const MISSING = "no such file";

/** Why a file cannot be run; undefined if it can. */
function faultOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "it is not a file";
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return MISSING;
    return "it is not executable for this user";
  }
}

/**
 * The absolute path of a program.
 *
 * @param name A path, if it has a `/`; otherwise a name to look for in PATH.
 * @param place Where it was named.
 * @throws {TineError} status 66 if there is no such file, 77 if it may not be run
 */
export function findProgram(name: string, place?: Place): string {
  if (name === "") {
    throw new TineError(located(place, "Cannot run a program without a name; give the path of a program"), {
      exitCode: EX_CONFIG,
    });
  }
  const folders = (runtime.environment()["PATH"] || USUAL_PATH).split(":");
  const candidates = name.includes("/") ? [resolve(name)] : folders.map((folder) => resolve(folder, name));
  const faults = candidates.map((path) => ({ path, why: faultOf(path) }));
  const good = faults.find(({ why }) => why === undefined);
  if (good !== undefined) return good.path;
  const at = place === undefined ? "" : `${formatPlace(place)}: `;
  const bad = faults.find(({ why }) => why !== MISSING);
  if (bad !== undefined) {
    throw new TineError(
      `${at}Cannot run ${bad.path}: ${bad.why}; name a program that this user may execute`,
      { exitCode: EX_NOPERM },
    );
  }
  const why = name.includes("/") ? MISSING : "no folder of PATH has such a program";
  const remedy = name.includes(" ")
    ? "give the program and each of its arguments as a word of its own"
    : "give the path of a program";
  throw new TineError(`${at}Cannot run "${name}": ${why}; ${remedy}`, { exitCode: EX_NOINPUT });
}

/** A datagram is no descriptor that a program could be given: the socket is that of all senders, and of all children. */
function refuseDatagrams(loaded: LoadedConfig): void {
  for (const [index, { proto, text }] of understandPorts(loaded).entries()) {
    if (proto !== "udp" && proto !== "unixdgram") continue;
    const place = originOf(loaded, "port", index);
    throw new ConfigError(
      `Cannot serve port "${text}" with exec: its clients are datagrams, and a program needs a connection; ` +
        "give it a server of its own",
      { option: "port", ...(place === undefined ? {} : { place }) },
    );
  }
}

/**
 * The options with the absolute path of the program of `exec`.
 *
 * @throws {ConfigError} if something else serves clients already, or could not with this personality
 * @throws {TineError} as {@linkcode findProgram}
 */
export function locateProgram(loaded: LoadedConfig, handler: Handler): LoadedConfig {
  const { config, personality } = loaded;
  const place = originOf(loaded, "exec");
  const where = place === undefined ? {} : { place };
  if (handler.processRequest !== undefined) {
    throw new ConfigError(
      "Cannot set exec: the handler has a processRequest, which would serve the same clients; remove one of the two",
      { option: "exec", ...where },
    );
  }
  if (personality.running !== "children") {
    throw new ConfigError(
      `Cannot set exec: ${personality.name} has no children to run a program for each client; ` +
        "choose PreForkSimple or another personality that has",
      { option: "exec", ...where },
    );
  }
  refuseDatagrams(loaded);
  const [name = "", ...args] = config.exec;
  const exec = Object.freeze([findProgram(name, place), ...args]);
  return { ...loaded, config: Object.freeze({ ...config, exec }) };
}
