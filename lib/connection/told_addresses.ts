/**
 * A client's addresses as its super-server tells them in the environment. Pure.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ipVersion } from "../ip_version.ts";

/** The two ends, as far as they are told. */
export interface ToldAddresses {
  readonly remote: Address;
  readonly local?: Address;
}

function addressOf(hostname: string | undefined, port: string | undefined): Address | undefined {
  // A zone says something to the machine that it was made on alone.
  const plain = hostname?.replace(/%.*/, "");
  if (plain === undefined || ipVersion(plain) === 0) return undefined;
  return { transport: "tcp", hostname: plain, port: /^\d{1,5}$/.test(port ?? "") ? Number(port) : 0 };
}

/**
 * What UCSPI's variables say (`tcpserver`), or those of systemd, or xinetd's one.
 *
 * @returns Undefined if they say nothing of an address.
 */
export function toldAddresses(
  environment: Readonly<Record<string, string | undefined>>,
): ToldAddresses | undefined {
  const of = (name: string, port: string) => addressOf(environment[name], environment[port]);
  const remote = of("TCP6REMOTEIP", "TCP6REMOTEPORT") ?? of("TCPREMOTEIP", "TCPREMOTEPORT") ??
    of("REMOTE_ADDR", "REMOTE_PORT") ?? of("REMOTE_HOST", "REMOTE_PORT");
  if (remote === undefined) return undefined;
  const local = of("TCP6LOCALIP", "TCP6LOCALPORT") ?? of("TCPLOCALIP", "TCPLOCALPORT");
  return local === undefined ? { remote } : { remote, local };
}
