/**
 * Addresses of one configuration that the system does not bind side by side: one of them includes the other. Pure.
 *
 * @module
 */

import { kindOf } from "./bind.ts";
import type { Target } from "./resolve.ts";

/** The IPv4 and IPv6 addresses that include all others. */
const ALL = ["0.0.0.0", "::"];

/** Whether a socket on `one` takes clients of every address that `other` could have. */
function isForAll(one: Target, other: Target): boolean {
  return ALL.includes(one.address.hostname) && (one.ipv === other.ipv || one.ipv === "6" && !one.v6Only);
}

/** Whether one of two different targets includes the other, on the same port. Port 0 is another one each time. */
export function excludes(one: Target, other: Target): boolean {
  const { transport, port } = one.address;
  if (transport === "unix" || other.address.transport === "unix") return false;
  if (port === 0 || port !== other.address.port || kindOf(one.proto) !== kindOf(other.proto)) return false;
  return isForAll(one, other) || isForAll(other, one);
}
