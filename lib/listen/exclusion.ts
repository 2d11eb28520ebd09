/**
 * Addresses of one configuration that the system does not bind side by side.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isLinux } from "../os/constants.ts";
import { kindOf } from "./bind.ts";
import type { Target } from "./resolve.ts";

/** The IPv4 and IPv6 addresses that include all others. */
const ALL = ["0.0.0.0", "::"];

/** An address as the system compares it: one of IPv4 within IPv6 is that of IPv4. */
interface Compared {
  readonly hostname: string;
  readonly ipv: Target["ipv"];
  /** Whether it takes clients of both families. */
  readonly isDual: boolean;
}

function compared({ address: { hostname }, ipv, v6Only }: Target): Compared {
  const within = v6Only ? undefined : /^::ffff:([\d.]+)$/.exec(hostname)?.[1];
  if (within !== undefined) return { hostname: within, ipv: "4", isDual: false };
  return { hostname, ipv, isDual: ipv === "6" && !v6Only };
}

/** Whether a socket on `one` takes clients of every address that `other` could have. */
function isForAll(one: Compared, other: Compared): boolean {
  return ALL.includes(one.hostname) && (one.ipv === other.ipv || one.isDual);
}

/** The one path of a socket's file, which need not be there. */
function plainPath(path: string): string {
  const whole = resolve(path);
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    // There is no such folder: what makes the file says so.
    return whole;
  }
}

/** Why the system does not bind two different targets side by side; undefined if it does. Port 0 is another one each time. */
export function whyApart(one: Target, other: Target): string | undefined {
  const { transport, port, path = "" } = one.address;
  if (transport === "unix" || other.address.transport === "unix") {
    const isSame = transport === other.address.transport &&
      plainPath(path) === plainPath(other.address.path ?? "");
    return isSame ? "both are the same file" : undefined;
  }
  // macOS binds both, and gives a client to the more specific one.
  if (!isLinux) return undefined;
  if (port === 0 || port !== other.address.port || kindOf(one.proto) !== kindOf(other.proto)) {
    return undefined;
  }
  const [mine, others] = [compared(one), compared(other)];
  if (mine.hostname === others.hostname && mine.ipv === others.ipv) return "both are the same address";
  return isForAll(mine, others) || isForAll(others, mine) ? "one of them includes the other" : undefined;
}
