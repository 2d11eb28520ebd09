/**
 * `struct sockaddr` as bytes, from and to addresses. Pure.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { constants as c } from "./constants.ts";

/** Enough for any address family (`struct sockaddr_storage`). */
export const SOCKADDR_SIZE = 128;

function header(bytes: Uint8Array, family: number, length: number): void {
  if (c.sockaddrHasLength) {
    bytes[0] = length;
    bytes[1] = family;
  } else {
    bytes[0] = family;
  }
}

/** The family that the bytes begin with. */
export function familyOf(bytes: Uint8Array): number {
  return c.sockaddrHasLength ? bytes[1] as number : (bytes[0] as number) | (bytes[1] as number) << 8;
}

/** `127.0.0.1` → its four bytes. The text must be one that `node:net` isIPv4 accepts. */
export function parseIPv4(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

/** `::1` → its sixteen bytes. The text must be one that `node:net` isIPv6 accepts, without a zone. */
export function parseIPv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  let rest = text;
  const dotted = rest.lastIndexOf(":") + 1;
  if (rest.includes(".")) {
    const [a, b, d, e] = parseIPv4(rest.slice(dotted)) as unknown as [number, number, number, number];
    rest = rest.slice(0, dotted) + ((a << 8) | b).toString(16) + ":" + ((d << 8) | e).toString(16);
  }
  const [head = "", tail] = rest.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...front, ...Array(8 - front.length - back.length).fill("0"), ...back];
  groups.forEach((group, i) => {
    const value = parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 255;
  });
  return bytes;
}

/** The text of an IPv6 address in the form of RFC 5952. */
export function formatIPv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i] as number) << 8 | (bytes[i + 1] as number));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.subarray(12, 16).join(".")}`;
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
    if (length > 0) i += length - 1;
  }
  const text = groups.map((group) => group.toString(16));
  if (best.start < 0) return text.join(":");
  return `${text.slice(0, best.start).join(":")}::${text.slice(best.start + best.length).join(":")}`;
}

/** The bytes of `address`, exactly as long as the system wants them. */
export function encodeSockaddr(address: Address): Uint8Array {
  if (address.transport === "unix") {
    const path = new TextEncoder().encode(address.path ?? "");
    // A name that begins with a zero is no file's, and every byte counts (unix(7)).
    const bytes = new Uint8Array(2 + path.length + (path[0] === 0 ? 0 : 1));
    header(bytes, c.AF_UNIX, bytes.length);
    bytes.set(path, 2);
    return bytes;
  }
  const isV6 = address.hostname.includes(":");
  const bytes = new Uint8Array(isV6 ? 28 : 16);
  header(bytes, isV6 ? c.AF_INET6 : c.AF_INET, bytes.length);
  bytes[2] = address.port >> 8;
  bytes[3] = address.port & 255;
  if (isV6) bytes.set(parseIPv6(address.hostname), 8);
  else bytes.set(parseIPv4(address.hostname), 4);
  return bytes;
}

/** The address that `length` bytes mean. */
export function decodeSockaddr(bytes: Uint8Array, length: number, transport: "tcp" | "udp" = "tcp"): Address {
  const family = familyOf(bytes);
  if (family === c.AF_INET || family === c.AF_INET6) {
    const port = (bytes[2] as number) << 8 | (bytes[3] as number);
    const hostname = family === c.AF_INET
      ? `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`
      : formatIPv6(bytes.subarray(8, 24));
    return { transport, hostname, port };
  }
  const end = bytes.indexOf(0, 2);
  const path = new TextDecoder().decode(bytes.subarray(2, end < 0 || end > length ? length : end));
  return { transport: "unix", hostname: "", port: 0, path };
}

/** An address as a person writes it: `127.0.0.1:80`, `[::1]:80`, a path. */
export function formatAddress(address: Address): string {
  if (address.transport === "unix") return address.path ?? "";
  return address.hostname.includes(":")
    ? `[${address.hostname}]:${address.port}`
    : `${address.hostname}:${address.port}`;
}
