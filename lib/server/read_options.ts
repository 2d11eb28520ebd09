/**
 * The options of a server, read and checked with nothing begun yet.
 *
 * @module
 */

import { loadConfig, type LoadedConfig, originOf } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import { planWatch } from "./plan_watch.ts";
import type { ServerParts } from "./server.ts";

/** What a process was started as. */
export interface StartedAs {
  /** Whether a person or a service manager has started it, and not the server itself. */
  readonly isFirst: boolean;
}

/** Reads and checks all options. @throws {TineError} if one is not as it should be */
export async function readOptions(
  parts: ServerParts,
  { isFirst }: StartedAs = { isFirst: false },
): Promise<LoadedConfig> {
  const { handler, handlerUrl, sources } = parts;
  const loaded = await loadConfig({
    ...sources,
    own: handler.options,
    defaults: handler.defaults,
    hasFetch: handler.fetch !== undefined,
  });
  const place = originOf(loaded, "handler");
  if (place !== undefined && handlerUrl === undefined) {
    throw new ConfigError("Cannot set handler: this program has one of its own; remove it", {
      option: "handler",
      place,
    });
  }
  parts.checkOptions?.(loaded, { isFirst });
  planWatch(loaded, handlerUrl);
  if (loaded.config.app.length > 0) {
    return await (await import("../http/app/locate_apps.ts")).locateApps(loaded, handler);
  }
  if (loaded.config.exec.length === 0) return loaded;
  return (await import("../handler/program_path.ts")).locateProgram(loaded, handler);
}
