/**
 * Whether a text is an IP address. `node:net` knows, but is costly to load on both runtimes, and an address is mostly an
 * IPv4 one or a name.
 *
 * @module
 */

import process from "node:process";

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

/** 4 or 6 for an address of that version, as `isIP` of `node:net` tells it; 0 for any other text. */
export function ipVersion(text: string): number {
  if (text.includes(":")) return process.getBuiltinModule("node:net").isIP(text);
  return IPV4.test(text) ? 4 : 0;
}
