/**
 * Whether the ports of a configuration could be bound now.
 *
 * @module
 */

import type { LoadedConfig } from "../config/config.ts";
import { RunningServer } from "../daemon/running_server.ts";
import { type BindError, SystemError, TineError } from "../errors.ts";
import { bindTarget, explain, unbind } from "../listen/bind.ts";
import { formatListener } from "../listen/listen.ts";
import type { Wanted } from "../listen/plan.ts";

/** The addresses that the server of this pid file has; none where that cannot be told. */
function addressesInUse(pidFile: string | undefined): ReadonlySet<string> {
  try {
    if (pidFile === undefined) return new Set();
    const server = RunningServer.find(pidFile);
    const addresses = server.status?.listeners ?? [];
    server.close();
    return new Set(addresses);
  } catch (error) {
    // No server has it, or this user may not see which.
    if (error instanceof TineError) return new Set();
    throw error;
  }
}

/** Binds a socket that takes no client, and closes it again. @throws as the start would */
function attempt({ target }: Wanted, { config }: LoadedConfig): void {
  const options = { broadcast: config.udpBroadcast, backlog: 1, socketFile: {}, givenUp: [], tryOnly: true };
  // Clients of a datagram socket are taken as soon as it is bound: there only the address is asked for.
  unbind(bindTarget(target, options, target.proto === "udp" ? 0 : target.address.port));
}

/**
 * Asks the system for each port. A unix socket has none: its path is looked at elsewhere.
 *
 * @returns Those of streams that something has now, without those that the server of this configuration has.
 * @throws {BindError} if one cannot be had at all: this user may not, or the address is none of this machine
 */
export function checkPorts(wanted: readonly Wanted[], loaded: LoadedConfig): readonly BindError[] {
  const taken: BindError[] = [];
  const own = addressesInUse(loaded.config.pidFile);
  for (const port of wanted) {
    const { target } = port;
    if (target.address.transport === "unix" || own.has(formatListener(target))) continue;
    try {
      attempt(port, loaded);
    } catch (error) {
      const explained = explain(error, target, port);
      if (explained === undefined) throw error;
      if (!(error instanceof SystemError) || error.code !== "EADDRINUSE") throw explained;
      taken.push(explained);
    }
  }
  return taken;
}
