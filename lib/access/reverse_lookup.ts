/**
 * The client's host name, and whether it is the client's (`reverse_lookups`, `double_reverse_lookups`).
 *
 * The owner of an address chooses its name; only looking up the addresses of that name again shows whether
 * it is theirs. What a name says is therefore worth a rule only with `double`.
 *
 * @module
 */

import { addressKey, withoutMapping } from "./cidr.ts";

/** The longest host name (RFC 1035, 3.1). */
const MAX_NAME_LENGTH = 255;

/** What is to be looked up. */
export interface LookupPlan {
  /** Whether the name must have the client's address; the text says what to log: `1`, `-detail`, `autofail` … */
  readonly double?: string;
}

/** What was found out about a client. */
export interface PeerName {
  /** Its name; undefined if it has none, or none could be had in time. */
  readonly hostname?: string;
  /** The addresses of that name; undefined if they were not asked for, or could not be had in time. */
  readonly addresses?: readonly string[];
}

/** The two questions, as the system answers them. They may reject. */
export interface Resolver {
  /** The name of an address, of `/etc/hosts`, DNS, or where else the system looks. */
  nameOf(address: string): Promise<string>;
  /** The addresses of a name. */
  addressesOf(hostname: string): Promise<readonly string[]>;
}

/**
 * Asks the system, off the event loop (getnameinfo(3), getaddrinfo(3)). The module is loaded by the first question,
 * as most servers ask none.
 */
const SYSTEM: Resolver = {
  async nameOf(address) {
    const { lookupService } = await import("node:dns/promises");
    return (await lookupService(address, 0)).hostname;
  },
  async addressesOf(hostname) {
    const { lookup } = await import("node:dns/promises");
    return (await lookup(hostname, { all: true })).map((found) => found.address);
  },
};

/** What the options ask for; undefined if nothing is to be looked up. */
export function planLookups(
  options: {
    readonly reverseLookups?: string | undefined;
    readonly doubleReverseLookups?: string | undefined;
  },
): LookupPlan | undefined {
  const isOn = (text: string | undefined) => text !== undefined && !["", "0", "off"].includes(text);
  const { reverseLookups: reverse, doubleReverseLookups: double } = options;
  if (!isOn(reverse) && !isOn(double)) return undefined;
  const suffix = /^(?:double|2)(.*)$/i.exec(reverse ?? "")?.[1];
  if (suffix !== undefined) return { double: suffix || (isOn(double) ? double as string : "1") };
  return isOn(double) ? { double: double as string } : {};
}

/**
 * Whether a name can be one: of letters, digits, `-`, `_` and dots, as the C library has it too. An address is none, nor
 * is what ends in a number: a rule such as `10\..+` would take it for an address, and who owns a reverse zone can write
 * anything there.
 */
function isName(hostname: string): boolean {
  return hostname.length <= MAX_NAME_LENGTH && /^[\w.-]*[a-z][\w-]*\.?$/i.test(hostname);
}

/** `work`, or the end of the time. */
async function before(deadlineMs: number, work: Promise<void>): Promise<void> {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  // deno-lint-ignore tine/no-timers -- a lookup cannot be given up, only left alone
  const timer = setTimeout(resolve, deadlineMs);
  try {
    await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks up a client's name, and with `plan.double` the addresses of that name. Failures are no errors: what could not
 * be found out is undefined.
 *
 * @param address Its address; an IPv4-mapped one counts as the IPv4 address.
 * @param options `deadlineMs`: how long it may take in all. `resolver`: who is asked instead of the system.
 */
export async function lookUpPeer(
  address: string,
  plan: LookupPlan,
  options: { readonly deadlineMs: number; readonly resolver?: Resolver },
): Promise<PeerName> {
  const { deadlineMs, resolver = SYSTEM } = options;
  const found: { hostname?: string; addresses?: readonly string[] } = {};
  const work = async () => {
    try {
      const hostname = await resolver.nameOf(withoutMapping(address));
      if (!isName(hostname)) return;
      found.hostname = hostname;
      if (plan.double !== undefined) found.addresses = await resolver.addressesOf(hostname);
    } catch {
      // No such name, no such address, no server that answers: to the rules it is all the same.
    }
  };
  await before(deadlineMs, work());
  // What comes later must not change what was decided on.
  return { ...found };
}

/** Whether a name is the client's, and the line to log at level 3. */
export interface DoubleReverse {
  /** Whether the name has the client's address, so that it may go on. */
  readonly matches: boolean;
  /** What to log, if anything. */
  readonly line?: string;
}

/**
 * Compares the addresses of a client's name with its own (Net::Server's `double_reverse_lookup`).
 *
 * @param address The client's address as it was accepted.
 * @param double `detail`: log the addresses of a mismatch. `autofail`: deny and log every client, to test.
 * `debug`: log every match. Anything else: log mismatches.
 */
export function checkDoubleReverse(address: string, name: PeerName, double: string): DoubleReverse {
  const plain = withoutMapping(address);
  const { hostname, addresses } = name;
  if (!hostname) return { matches: false, line: `Double reverse missing host from addr ${plain}` };
  if (addresses === undefined) {
    return { matches: false, line: `Double reverse missing reverse addrs from host ${hostname} (${plain})` };
  }
  const who = `addr: ${plain},  host: ${hostname}`;
  const original = address === plain ? "" : `,  orig_addr: ${address}`;
  const all = `,  addrs: (${[...new Set(addresses)].sort().join(" ")})${original}`;
  const key = addressKey(plain);
  if (key === undefined || !addresses.some((one) => addressKey(one) === key)) {
    return {
      matches: false,
      line: `Double reverse did not match:  ${who}${/detail/i.test(double) ? all : ""}`,
    };
  }
  if (/autofail/i.test(double)) return { matches: false, line: `Double reverse autofail:  ${who}${all}` };
  return /debug/.test(double)
    ? { matches: true, line: `Double reverse debug:  ${who}${all}` }
    : { matches: true };
}
