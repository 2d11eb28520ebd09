/**
 * The other side of a restart that is tried: all that the program does before it starts children, on the sockets of the
 * server that asks, and nothing that would disturb it.
 *
 * @module
 */

import type { LoadedConfig } from "../config/config.ts";
import type { Handler } from "../context.ts";
import { confineParent, planConfinement } from "../daemon/privileges.ts";
import { acquirePidFile, removePidFile } from "../daemon/pid_file.ts";
import { ConfigError } from "../errors.ts";
import type { Purpose } from "../process/self_spawn.ts";
import { closeListeners, listen } from "../listen/listen.ts";
import { tryLog } from "../log/open_log.ts";
import { resolve } from "node:path";

function quiet(): void {}

/** Does what the server would do with these options. @throws as that would */
export async function dryRunServer(
  loaded: LoadedConfig,
  { sockets, pidFile, logFile, hasChildren }: Purpose & { role: "dry_run" },
  { handler, handlerUrl, checkHandler }: {
    readonly handler: Handler;
    readonly handlerUrl?: string | undefined;
    /** Looks whether the handler has what the personality needs. */
    readonly checkHandler: ((handler: Handler) => void) | undefined;
  },
): Promise<void> {
  const { config, personality } = loaded;
  if (!personality.binds || (hasChildren && personality.running !== "children")) {
    const why = personality.binds
      ? "the server has children that it could not hand on"
      : "it has no ports, and serves the client of a super-server";
    throw new ConfigError(
      `Cannot become ${personality.name} by a reload: ${why}; stop the server and start it`,
      {
        option: "server_type",
      },
    );
  }
  tryLog(config, logFile);
  checkHandler?.(handler);
  const confinement = planConfinement(loaded, quiet);
  if (config.pidFile !== undefined && resolve(config.pidFile) !== pidFile) {
    removePidFile(acquirePidFile(config.pidFile, { log: quiet }), quiet);
  }
  const { listeners } = await listen({ ...loaded, inherited: sockets, tryOnly: true, log: quiet });
  // Those of the server stay; a new one is closed again, and its file removed if it is a path.
  closeListeners(listeners.filter(({ fd }) => !sockets.some((socket) => socket.fd === fd)));
  confineParent(confinement, { handlerUrl, app: config.app, log: quiet });
}
