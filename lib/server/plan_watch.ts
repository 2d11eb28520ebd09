/**
 * What a server with these options is to watch.
 *
 * @module
 */

import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { directoryOf, type LoadedConfig, originOf } from "../config/config.ts";
import { kindOfApp, parseApp } from "../config/apps.ts";
import { watches } from "../config/rules.ts";
import { ConfigError } from "../errors.ts";
import { ownModule } from "../os/command_line.ts";
import type { WatchPlan } from "../watch/watch_plan.ts";

/** The module that serves clients, if it is a file of this machine. */
function moduleOf(handlerUrl: string | undefined): string | undefined {
  if (handlerUrl === undefined) return ownModule();
  return handlerUrl.startsWith("file:") ? fileURLToPath(handlerUrl) : undefined;
}

/**
 * The files that it is to look at; undefined if none.
 *
 * @param handlerUrl The module that the command line or a configuration file names.
 * @throws {ConfigError} if there is no program that could change
 */
export function planWatch(loaded: LoadedConfig, handlerUrl: string | undefined): WatchPlan | undefined {
  if (!watches(loaded)) return undefined;
  const { config } = loaded;
  const module = moduleOf(handlerUrl);
  const apps = config.app.map((text) => parseApp(text).target)
    .filter((target) => kindOfApp(target) === "module" && isAbsolute(target));
  if (module === undefined && config.exec.length === 0 && config.app.length === 0) {
    const place = originOf(loaded, "watch");
    const what = handlerUrl === undefined
      ? "there is no handler's file; name one before the options, as in tine server.ts --watch"
      : `${handlerUrl} is no file of this machine; remove it`;
    throw new ConfigError(`Cannot set watch: ${what}`, {
      option: "watch",
      ...(place === undefined ? {} : { place }),
    });
  }
  const { confFile } = config;
  const patterns = config.watch.flatMap((pattern, at) => {
    if (typeof pattern !== "string") return [];
    return [{ pattern, folder: isAbsolute(pattern) ? "/" : directoryOf(loaded, "watch", at) }];
  });
  return {
    modules: [...(module === undefined ? [] : [module]), ...apps],
    files: confFile === undefined ? [] : [resolve(confFile)],
    patterns,
    written: [config.logFile, config.pidFile, config.lockFile].flatMap((path) =>
      path === undefined || path === "" ? [] : [resolve(path)]
    ),
  };
}
