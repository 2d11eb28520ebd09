/**
 * What stands against serving several clients at once (`max_clients`).
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Checked } from "./precedence.ts";

/**
 * Checks the options that `max_clients` above 1 does not go with.
 *
 * @throws {ConfigError} at the place of `max_clients`
 */
export function checkManyClients(merged: Checked, platform: string): void {
  const given = merged.get("max_clients");
  if (given === undefined || Number(given.values[0]) <= 1) return;
  const why = obstacle(merged, platform);
  if (why === undefined) return;
  const place = given.places[0];
  throw new ConfigError(`Cannot set max_clients to ${given.values[0]}: ${why}`, {
    option: "max_clients",
    ...(place === undefined ? {} : { place }),
  });
}

function obstacle(merged: Checked, platform: string): string | undefined {
  if (platform !== "linux") {
    return "several clients at once need Linux (epoll); remove it, or use the Multiplex personality";
  }
  const serialize = merged.get("serialize")?.values[0];
  if (serialize !== undefined && serialize !== "none") {
    return `with a serializer a child that has clients would keep the others from accepting; remove serialize ${serialize}`;
  }
  if (merged.has("exec")) {
    return "a child runs one program at a time (exec); remove it, and raise max_servers instead";
  }
  return undefined;
}
