/**
 * What can go wrong with a restart is tried before anything is given up for it (Net::Server tries it afterwards).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { LoadedConfig } from "../config/config.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { DryRun } from "./dry_run.ts";
import type { Listener } from "../listen/listen.ts";
import { openAdded } from "../listen/open_added.ts";
import type { Logger } from "../log/logger.ts";

/** What preparing a restart needs. */
export interface RestartParts {
  /** Starts the program on disk to try it. @throws {SpawnError} */
  readonly startTry: () => DryRun;
  /** Reads the options again and checks them. */
  readonly reread: () => Promise<LoadedConfig>;
  readonly listeners: readonly Listener[];
  readonly logger: Logger;
  readonly daemon: Daemon;
}

/** The options as this program reads them; undefined if it cannot, since those for a new one may be new to it. */
async function rereadOptions({ reread }: RestartParts): Promise<LoadedConfig | undefined> {
  try {
    return await reread();
  } catch {
    return undefined;
  }
}

/**
 * What comes of a try: the ports that the new configuration adds are opened.
 *
 * @returns The added listeners, to be handed on beside the present ones; undefined where the server has to go on as it
 * is, which the log says.
 */
export async function concludeTry(
  dryRun: DryRun,
  parts: RestartParts,
): Promise<readonly Listener[] | undefined> {
  const { listeners, logger } = parts;
  try {
    await dryRun.result();
    const loaded = await rereadOptions(parts);
    if (loaded?.personality.binds !== true) return [];
    return await openAdded({ ...loaded, log: (level, message) => logger.log(level, message) }, listeners);
  } catch (error) {
    refuseRestart(parts, (error as Error).message);
    return undefined;
  }
}

/** Tells the log, `tine reload` and systemd why there is no restart, and what happens instead. */
export function refuseRestart(
  { logger, daemon }: {
    readonly logger: Logger;
    readonly daemon: Pick<Daemon, "restartRefused">;
  },
  why: string,
  next = "; going on with the present configuration",
): void {
  logger.log(LEVEL.warning, `Cannot restart: ${why}${next}`);
  daemon.restartRefused(why);
}
