/**
 * What resolving needs to know of this machine: its resolver, its services, its IPv6.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { SystemError } from "../errors.ts";
import { closeFd } from "../os/descriptor.ts";
import { bindDatagram } from "../os/socket.ts";

/** How long a resolver may take, in milliseconds. */
const RESOLVER_TIMEOUT_MS = 10_000;

/** A machine, as far as ports are concerned. */
export interface Machine {
  /** All addresses of a host. @throws with a `code` if there are none, or not in time */
  lookup(host: string): Promise<readonly { readonly address: string; readonly family: number }[]>;
  /** The text of /etc/services; empty where there is none. */
  readServices(): string;
  /** Whether sockets can be bound to this IPv6 address. */
  canBindIPv6(hostname: string): boolean;
  /** Whether an IPv6 socket on every address leaves IPv4 alone here (`net.ipv6.bindv6only`). */
  isV6OnlyByDefault(): boolean;
}

/** The result of `promise`, or an error with the code ETIMEOUT if it takes longer than `ms`. */
export function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    AbortSignal.timeout(ms).addEventListener("abort", () => {
      const late = new Error(`Cannot wait longer than ${ms / 1000} s for the resolver`);
      reject(Object.assign(late, { code: `ETIMEOUT, no answer within ${ms / 1000} s` }));
    });
    promise.then(resolve, reject);
  });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // as on a machine that has no such file
  }
}

/** The machine that this program runs on. */
export const thisMachine: Machine = {
  async lookup(host) {
    const { lookup } = await import("node:dns/promises");
    return await withDeadline(lookup(host, { all: true }), RESOLVER_TIMEOUT_MS);
  },

  readServices() {
    return readIfThere("/etc/services");
  },

  canBindIPv6(hostname) {
    try {
      closeFd(bindDatagram({ transport: "udp", hostname, port: 0 }, { v6Only: true }));
      return true;
    } catch (error) {
      if (error instanceof SystemError && ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(error.code)) {
        return false;
      }
      throw error;
    }
  },

  isV6OnlyByDefault() {
    return readIfThere("/proc/sys/net/ipv6/bindv6only").trim() === "1";
  },
};
