/**
 * Whether the ports of a configuration could be bound now.
 *
 * @module
 */

import type { LoadedConfig } from "../config/config.ts";
import { RunningServer } from "../daemon/running_server.ts";
import { type BindError, SystemError, TineError } from "../errors.ts";
import { bindTarget, explain, unbind } from "../listen/bind.ts";
import type { Wanted } from "../listen/plan.ts";

/** The port behind the last colon of an address, as a status file has it. */
function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

/** The ports that the server of this pid file has, which a reload leaves to it; none where that cannot be told. */
function portsInUse(pidFile: string | undefined): ReadonlySet<string> {
  try {
    if (pidFile === undefined) return new Set();
    const server = RunningServer.find(pidFile);
    const ports = server.status?.listeners.map(portOf) ?? [];
    server.close();
    return new Set(ports);
  } catch (error) {
    // No server has it, or this user may not see which.
    if (error instanceof TineError) return new Set();
    throw error;
  }
}

/** Binds a socket that takes no client, and closes it again. @throws as the start would */
function attempt({ target }: Wanted, { config }: LoadedConfig): void {
  const options = { broadcast: config.udpBroadcast, backlog: 1, socketFile: {}, givenUp: [], tryOnly: true };
  unbind(bindTarget(target, options));
}

/**
 * Asks the system for each port. A unix socket has none: its path is looked at elsewhere.
 *
 * @returns Those that something else than the server of this configuration has now.
 * @throws {BindError} if one cannot be had at all: this user may not, or the address is none of this machine
 */
export function checkPorts(wanted: readonly Wanted[], loaded: LoadedConfig): readonly BindError[] {
  const taken: BindError[] = [];
  let own: ReadonlySet<string> | undefined;
  for (const port of wanted) {
    const { address } = port.target;
    if (address.transport === "unix" || address.port === 0) continue;
    try {
      attempt(port, loaded);
    } catch (error) {
      const explained = explain(error, port.target, port);
      if (explained === undefined) throw error;
      if (!(error instanceof SystemError) || error.code !== "EADDRINUSE") throw explained;
      own ??= portsInUse(loaded.config.pidFile);
      if (!own.has(String(address.port))) taken.push(explained);
    }
  }
  return taken;
}
