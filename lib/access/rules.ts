/**
 * Who is allowed: `allow`, `deny`, `cidr_allow` and `cidr_deny` (Net::Server's `allow_deny`). Pure.
 *
 * A pattern is Perl's, written between `^` and `$` as Net::Server does: `10\.` alone matches no address, and `a|b` is
 * what starts with `a` or ends with `b`, since each anchor belongs to the alternative beside it. It is matched in
 * linear time ({@linkcode Pattern}); what cannot be, such as a backreference, is refused at the start.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { addressKey, BlockSet, CIDR_REMEDY, parseBlock, withoutMapping } from "./cidr.ts";
import { Pattern } from "./pattern.ts";
import { Refused } from "./refused.ts";

export { CIDR_REMEDY };

/** What to write instead of a pattern that is refused. */
export const RULE_REMEDY = "write it with plain characters, classes, groups, alternatives and repeats alone";

/** The options that rules are made of. */
export interface AccessOptions {
  /** Patterns of allowed clients. */
  readonly allow?: readonly string[] | undefined;
  /** Patterns of denied clients. */
  readonly deny?: readonly string[] | undefined;
  /** Blocks of allowed addresses. */
  readonly cidrAllow?: readonly string[] | undefined;
  /** Blocks of denied addresses. */
  readonly cidrDeny?: readonly string[] | undefined;
}

/**
 * What was decided, and by which rule.
 *
 * - `allow`: the client is allowed.
 * - `deny`: a rule turns it away.
 * - `none`: no rule speaks of it; as there are rules, it is denied (Net::Server).
 * - `error`: its address cannot be understood; it is denied.
 */
export interface Decision {
  /** What to do with the client. */
  readonly verdict: "allow" | "deny" | "none" | "error";
  /** The rule as the `key value` file has it: `deny 10\..*`. */
  readonly rule?: string;
}

/** The client to decide on. */
export interface Peer {
  /** `unix` peers are always allowed. */
  readonly transport?: "tcp" | "udp" | "unix";
  /** `192.0.2.1`, `2001:db8::1`; an IPv4-mapped address counts as the IPv4 address. */
  readonly address: string;
  /** The host name, where reverse lookups are on and found one. */
  readonly hostname?: string | undefined;
}

/** A pattern, and what is decided where it matches. */
export interface PatternRule {
  /** What the host name or the address must match. */
  readonly pattern: Pattern;
  /** The decision then. */
  readonly decision: Decision;
}

/** Rules, ready to be asked by {@linkcode decide}, in its order. */
export interface Rules {
  /** `deny`. */
  readonly deny: readonly PatternRule[];
  /** `cidr_deny`. */
  readonly cidrDeny: BlockSet | undefined;
  /** `allow`. */
  readonly allow: readonly PatternRule[];
  /** `cidr_allow`. */
  readonly cidrAllow: BlockSet | undefined;
}

const ALLOW: Decision = { verdict: "allow" };
const NONE: Decision = { verdict: "none" };
const ERROR: Decision = { verdict: "error" };

/** The pattern of a rule. @throws {Refused} */
function toPattern(rule: string): Pattern {
  return new Pattern(`^${rule}$`);
}

/** The reason why `read` refuses; undefined if it does not. */
function refusalOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.reason;
    throw error;
  }
}

/** Why an `allow` or a `deny` is refused, as the rest of a sentence; undefined if it is not. */
export function checkRule(text: string): string | undefined {
  return refusalOf(() => toPattern(text));
}

/** Why a `cidr_allow` or a `cidr_deny` is refused, as the rest of a sentence; undefined if it is not. */
export function checkCidr(text: string): string | undefined {
  return refusalOf(() => parseBlock(text));
}

function refuse(option: string, text: string, reason: string, remedy: string): never {
  throw new ConfigError(`Cannot use ${option} "${text}": ${reason}; ${remedy}`, { option });
}

function compilePatterns(option: "allow" | "deny", texts: readonly string[]): PatternRule[] {
  return texts.map((text) => {
    const reason = checkRule(text);
    if (reason !== undefined) refuse(option, text, reason, RULE_REMEDY);
    return { pattern: toPattern(text), decision: { verdict: option, rule: `${option} ${text}` } };
  });
}

function compileBlocks(option: "cidr_allow" | "cidr_deny", texts: readonly string[]): BlockSet | undefined {
  for (const text of texts) {
    const reason = checkCidr(text);
    if (reason !== undefined) refuse(option, text, reason, CIDR_REMEDY);
  }
  return texts.length === 0 ? undefined : new BlockSet(texts);
}

/**
 * The rules of a configuration; undefined if it has none, and every client is allowed.
 *
 * @throws {ConfigError} if a rule cannot be used
 */
export function compileRules(options: AccessOptions): Rules | undefined {
  const { allow = [], deny = [], cidrAllow = [], cidrDeny = [] } = options;
  if (allow.length + deny.length + cidrAllow.length + cidrDeny.length === 0) return undefined;
  return {
    deny: compilePatterns("deny", deny),
    cidrDeny: compileBlocks("cidr_deny", cidrDeny),
    allow: compilePatterns("allow", allow),
    cidrAllow: compileBlocks("cidr_allow", cidrAllow),
  };
}

const encoder = new TextEncoder();

/** The first pattern that the host name or the address matches. */
function firstMatch(
  rules: readonly PatternRule[],
  hostname: Uint8Array | undefined,
  address: Uint8Array,
): Decision | undefined {
  for (const { pattern, decision } of rules) {
    if (hostname !== undefined && pattern.test(hostname)) return decision;
    if (pattern.test(address)) return decision;
  }
  return undefined;
}

/**
 * Decides on a client: `deny`, then `cidr_deny`, then `allow`, then `cidr_allow`; the first rule that matches counts.
 *
 * Where none does, the client is denied, so `deny` alone, without any `allow`, denies every client. With
 * `allow .*` in addition, all others are allowed.
 */
export function decide(rules: Rules, peer: Peer): Decision {
  if (peer.transport === "unix") return ALLOW;
  const plain = withoutMapping(peer.address);
  const address = encoder.encode(plain);
  const hostname = peer.hostname === undefined ? undefined : encoder.encode(peer.hostname);
  const denied = firstMatch(rules.deny, hostname, address);
  if (denied !== undefined) return denied;
  const key = rules.cidrDeny || rules.cidrAllow ? addressKey(plain) : undefined;
  if (rules.cidrDeny !== undefined) {
    // Net::CIDR dies of an address that it does not understand.
    if (key === undefined) return ERROR;
    const block = rules.cidrDeny.find(key);
    if (block !== undefined) return { verdict: "deny", rule: `cidr_deny ${block}` };
  }
  const allowed = firstMatch(rules.allow, hostname, address);
  if (allowed !== undefined) return allowed;
  if (rules.cidrAllow !== undefined) {
    if (key === undefined) return ERROR;
    const block = rules.cidrAllow.find(key);
    if (block !== undefined) return { verdict: "allow", rule: `cidr_allow ${block}` };
  }
  return NONE;
}
