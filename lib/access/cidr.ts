/**
 * Blocks of addresses, as Net::CIDR's `cidrlookup` takes them: `192.0.2.0/24`, `10/8`, `2001:db8::/32`, and
 * `192.0.2.1-192.0.2.9`; and single addresses, which Net::CIDR dies of. Pure.
 *
 * An IPv4 address is the same as its IPv4-mapped IPv6 address, so that `::/0` holds all there are.
 *
 * @module
 */

import { Refused } from "./refused.ts";

/** What to write instead of a block that is refused. */
export const CIDR_REMEDY =
  "give a block such as 192.0.2.0/24, a range such as 192.0.2.1-192.0.2.9, or an address";

function bytesOfIPv4(text: string): number[] | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split(".");
  // 010 is eight to some and ten to others.
  if (parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return undefined;
  return parts.map(Number);
}

/** The bytes of `a:b:c`, which may end in an IPv4 address; none for no text. */
function bytesOfGroups(text: string): number[] | undefined {
  const bytes: number[] = [];
  const groups = text === "" ? [] : text.split(":");
  for (const [i, group] of groups.entries()) {
    if (group.includes(".")) {
      const last = i === groups.length - 1 ? bytesOfIPv4(group) : undefined;
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** The 16 bytes of an address; undefined if it is none. */
function bytesOf(text: string): number[] | undefined {
  if (!text.includes(":")) {
    const bytes = bytesOfIPv4(text);
    return bytes === undefined ? undefined : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes];
  }
  const halves = text.split("::");
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes("."))) return undefined;
  const head = bytesOfGroups(halves[0] as string);
  const tail = halves.length === 2 ? bytesOfGroups(halves[1] as string) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 0 : missing !== 0) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

const toKey = (bytes: readonly number[]) => String.fromCharCode(...bytes);

/**
 * An address as sixteen characters, one a byte: equal for equal addresses however they are written, and ordered as
 * the addresses are. Undefined if the text is no address. A zone, as in `fe80::1%eth0`, does not count.
 */
export function addressKey(text: string): string | undefined {
  const bytes = bytesOf(text.includes(":") ? text.replace(/%.*$/s, "") : text);
  return bytes === undefined ? undefined : toKey(bytes);
}

/** `::ffff:192.0.2.1` → `192.0.2.1`; every other address as it is. */
export function withoutMapping(address: string): string {
  return /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1] ?? address;
}

/** The first and the last address of a block, as {@linkcode addressKey} writes them. */
export interface Block {
  /** The lowest address. */
  readonly first: string;
  /** The highest address. */
  readonly last: string;
}

function parsePrefixed(text: string, slash: number): Block {
  let address = text.slice(0, slash);
  const digits = text.slice(slash + 1);
  const isIPv6 = address.includes(":");
  // 192.168/16 is 192.168.0.0/16.
  if (/^\d+(?:\.\d+){0,2}\.?$/.test(address)) {
    const parts = address.split(".").filter((part) => part !== "");
    address = [...parts, "0", "0", "0"].slice(0, 4).join(".");
  }
  const bytes = bytesOf(address);
  if (bytes === undefined) throw new Refused(`${text.slice(0, slash)} is no address`);
  const bits = isIPv6 ? 128 : 32;
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) {
    throw new Refused(`/${digits} is not from /0 to /${bits}`);
  }
  const kept = Number(digits) + (128 - bits);
  const maskAt = (i: number) => 255 << Math.max(0, Math.min(8, 8 * (i + 1) - kept)) & 255;
  return {
    first: toKey(bytes.map((byte, i) => byte & maskAt(i))),
    last: toKey(bytes.map((byte, i) => byte | (255 & ~maskAt(i)))),
  };
}

/** The block that a text means. Whitespace does not count. @throws {Refused} */
export function parseBlock(text: string): Block {
  const bare = text.replace(/\s/g, "");
  const slash = bare.lastIndexOf("/");
  if (slash >= 0) return parsePrefixed(bare, slash);
  const dash = bare.lastIndexOf("-");
  const ends = dash < 0 ? [bare, bare] : [bare.slice(0, dash), bare.slice(dash + 1)];
  const [first, last] = ends.map((end) => bytesOf(end));
  if (first === undefined) throw new Refused(bare === "" ? "it is empty" : `${ends[0]} is no address`);
  if (last === undefined) throw new Refused(`${ends[1]} is no address`);
  const block = { first: toKey(first), last: toKey(last) };
  if (block.first > block.last) throw new Refused("the range runs backwards");
  return block;
}

interface Entry extends Block {
  readonly text: string;
}

/** Many blocks, in which an address is found by halving: a list of all networks of a country is no burden. */
export class BlockSet {
  readonly #entries: readonly Entry[];

  /**
   * Makes the set.
   *
   * @throws {Refused} if a text is no block
   */
  constructor(texts: readonly string[]) {
    const sorted = texts.map((text) => ({ text, ...parseBlock(text) }))
      .sort((a, b) => a.first < b.first ? -1 : a.first > b.first ? 1 : 0);
    const entries: Entry[] = [];
    // A block within an earlier one is dropped, so that the ends rise as the beginnings do.
    for (const entry of sorted) {
      if (entries.length === 0 || entry.last > (entries.at(-1) as Entry).last) entries.push(entry);
    }
    this.#entries = entries;
  }

  /** The text of a block that holds the address of this {@linkcode addressKey}. */
  find(key: string): string | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).first <= key) low = middle + 1;
      else high = middle;
    }
    // The last that begins in time is also the one that ends latest of those.
    const entry = this.#entries[low - 1];
    return entry !== undefined && key <= entry.last ? entry.text : undefined;
  }
}
