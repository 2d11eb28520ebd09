/**
 * What can go wrong with a restart is tried before anything is given up for it (Net::Server tries it afterwards).
 *
 * @module
 */

import type { LoadedConfig } from "../config/config.ts";
import type { Listener } from "../listen/listen.ts";
import { openAdded } from "../listen/open_added.ts";
import type { Logger } from "../log/logger.ts";

/** What a rehearsal needs. */
export interface Rehearsal {
  /** Reads the options again and checks them. */
  readonly reread: () => Promise<LoadedConfig>;
  readonly listeners: readonly Listener[];
  readonly logger: Logger;
}

/**
 * Reads the new configuration and opens the ports that it adds.
 *
 * @returns The added listeners, to be handed on beside the present ones; undefined where the server has to go on as it
 * is, which the log says.
 */
export async function rehearse(
  { reread, listeners, logger }: Rehearsal,
): Promise<readonly Listener[] | undefined> {
  try {
    const loaded = await reread();
    if (!loaded.personality.binds) return [];
    return await openAdded({ ...loaded, log: (level, message) => logger.log(level, message) }, listeners);
  } catch (error) {
    logger.log(1, `Cannot restart: ${(error as Error).message}; going on with the present configuration`);
    return undefined;
  }
}
