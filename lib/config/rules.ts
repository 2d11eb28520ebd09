/**
 * What the table cannot say of one value alone: options and values that are not supported, and conditions between
 * options.
 *
 * @module
 */

import { appNotes } from "./apps.ts";
import { checkCidr, checkRule, CIDR_REMEDY, RULE_REMEDY } from "../access/rules.ts";
import { type Personality, takesOption } from "../personality/personality.ts";
import { LISTENABLE, protocolNamed, protocolWithin } from "./port_spec.ts";
import { isRefusal, parseLogsock, refuseSyslogOption } from "./syslog_words.ts";
import { type Config, findOption, type OptionRow, type PortEntry } from "./options.ts";
import { ipVersion } from "../ip_version.ts";

/** Why an option or a value is refused, and what to do. */
export interface Refusal {
  /** Why. */
  readonly reason: string;
  /** What to do. */
  readonly remedy: string;
}

const NOT_YET = "it is not supported yet";

/** Whether an option may be set at all: undefined if so. */
export function refuseOption(row: OptionRow): Refusal | undefined {
  if (row.status === "later") return { reason: NOT_YET, remedy: "remove it" };
  if (row.status === "never") {
    return { reason: "it has no counterpart in Tine", remedy: row.remedy ?? "remove it" };
  }
  return undefined;
}

/** Whether an option may have a value that its kind allows: undefined if so. */
export function refuseValue(row: OptionRow, value: unknown): Refusal | undefined {
  switch (row.key) {
    case "proto":
      return refuseProtocol(String(value));
    case "port":
      return refusePort(value as PortEntry);
    case "ipv":
      if (/^(?:(?:IPv)?[46*][\s,|:/]*)+$/i.test(String(value))) return undefined;
      return { reason: "it names no IP version", remedy: "give 4, 6 or *" };
    case "log_file":
      return refuseLogModule(String(value));
    case "allow":
    case "deny":
      return refusal(checkRule(String(value)), RULE_REMEDY);
    case "cidr_allow":
    case "cidr_deny":
      return refusal(checkCidr(String(value)), CIDR_REMEDY);
    case "syslog_logsock":
      return refuseLogsock(String(value));
    case "unix_mode":
      if (/^(?:0o?)?[0-7]{3}$/.test(String(value))) return undefined;
      return { reason: "it is no mode in octal", remedy: "give three digits from 0 to 7, such as 0660" };
    case "app":
      // deno-lint-ignore no-control-regex -- these are what no path has
      if (!/[\0-\x1f\x7f]/.test(String(value))) return undefined;
      return { reason: "it has a control character", remedy: "give a location and a path" };
    case "default_content_type":
      if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+[\t\x20-\x7e]*$/.test(String(value))) return undefined;
      return { reason: "it is no content type", remedy: "give one such as text/html;charset=UTF-8" };
    case "server_revision":
      if (/^[\t\x20-\x7e]*$/.test(String(value))) return undefined;
      return { reason: "a header cannot have it", remedy: "give printable ASCII" };
    case "udp_recv_flags":
      return refuseFlags(Number(value));
    default:
      return refuseSyslogOption(row.key, String(value));
  }
}

/** Flags of recv(2) with which a server of datagrams could not work. The numbers are the same on all systems. */
function refuseFlags(flags: number): Refusal | undefined {
  if (flags & 2) {
    return {
      reason: "MSG_PEEK (2) would return the same datagram again and again",
      remedy: "leave that out",
    };
  }
  if (flags & 1) return { reason: "no datagram has MSG_OOB (1)", remedy: "leave that out" };
  return undefined;
}

function refusal(reason: string | undefined, remedy: string): Refusal | undefined {
  return reason === undefined ? undefined : { reason, remedy };
}

/** Net::Server takes words with `::` between them for a module of Perl's that logs. */
function refuseLogModule(text: string): Refusal | undefined {
  if (!/^[a-z]\w*(?:::[a-z]\w*)+$/i.test(text) || text === "Sys::Syslog") return undefined;
  return {
    reason: "it names a Perl module, which has no counterpart in Tine",
    remedy: "give the path of a file, or Sys::Syslog",
  };
}

function refuseLogsock(text: string): Refusal | undefined {
  const parsed = parseLogsock(text);
  if (isRefusal(parsed)) return parsed;
  if (parsed.host === undefined || ipVersion(parsed.host) !== 0) return undefined;
  return {
    reason: `${parsed.host} is no address`,
    remedy: "give an address, since names are not looked up for the log",
  };
}

function refuseProtocol(text: string): Refusal | undefined {
  const proto = protocolNamed(text);
  if (proto !== undefined && LISTENABLE.includes(proto)) return undefined;
  const remedy = `give ${LISTENABLE.slice(0, -1).join(", ")} or ${LISTENABLE.at(-1)}`;
  return { reason: proto === undefined ? "there is no such protocol" : NOT_YET, remedy };
}

/** What else is wrong with an entry shows once it is known what stands beside it, in `understandPorts`. */
function refusePort(entry: PortEntry): Refusal | undefined {
  const proto = protocolWithin(entry);
  return proto === undefined ? undefined : refuseProtocol(proto);
}

/** Warnings on options that the personality does not take. */
export function personalityNotes(chosen: Personality, given: Iterable<string>): string[] {
  const notes: string[] = [];
  for (const key of given) {
    const row = findOption(key);
    if (row === undefined || takesOption(chosen, row)) continue;
    notes.push(`${key} is ignored: the personality ${chosen.name} does not take it`);
  }
  return notes;
}

/**
 * Remarks on options that stand together and do not do what one may have meant.
 *
 * @param config The options in force.
 * @param given The keys that a source gave.
 * @param chosen The personality that runs.
 */
export function conditions(config: Config, given: ReadonlySet<string>, chosen: Personality): string[] {
  const notes: string[] = [];
  if (given.has("lock_file") && config.serialize !== undefined && config.serialize !== "flock") {
    notes.push(`lock_file is ignored: serialize is ${config.serialize}, and flock alone locks a file`);
  }
  const hasDequeueChildren = takesOption(chosen, findOption("max_dequeue") as OptionRow);
  if (hasDequeueChildren && config.checkForDequeue !== undefined && !config.maxDequeue) {
    notes.push("check_for_dequeue is ignored: max_dequeue is not set");
  }
  if (config.maxDequeue && config.checkForDequeue === undefined) {
    notes.push("max_dequeue is ignored: check_for_dequeue is not set");
  }
  if (isHiddenFrom(chosen, config) && isWatching(config)) {
    notes.push("watch is ignored: inside of chroot the files cannot be seen");
  }
  const { exec } = config;
  for (const key of ["exec_timeout", "exec_kill_after", "exec_stderr"]) {
    // A program of app has these limits too.
    if (given.has(key) && exec.length === 0 && (config.app.length === 0 || key === "exec_stderr")) {
      notes.push(`${key} is ignored: exec is not set`);
    }
  }
  if (given.has("idle_timeout") && exec.length > 0) {
    notes.push(
      "idle_timeout is ignored: the program of exec reads by itself; exec_timeout limits its time",
    );
  }
  if (config.enableDispatch && config.app.length === 0) {
    notes.push("enable_dispatch is ignored: app is not set");
  }
  notes.push(...appNotes(config), ...logNotes(config, given), ...accessNotes(config, given));
  for (const key of ["host", "proto", "ipv"] as const) {
    if (given.has(key) && config[key].length > config.port.length) {
      notes.push(
        `${key} is given ${config[key].length} times for ${config.port.length} port: the last are not used`,
      );
    }
  }
  return notes;
}

/** Whether the server itself goes where no file of the program is. */
function isHiddenFrom({ running }: Personality, { chroot }: Config): boolean {
  return running === "in_process" && chroot !== undefined;
}

function isWatching({ watch }: Config): boolean {
  return watch.some((one) => one !== false);
}

/** Whether a server with these options reloads when files change. */
export function watches(
  { config, personality }: { readonly config: Config; readonly personality: Personality },
): boolean {
  const takesIt = takesOption(personality, findOption("watch") as OptionRow);
  return takesIt && isWatching(config) && !isHiddenFrom(personality, config);
}

function logNotes(config: Config, given: ReadonlySet<string>): string[] {
  if (config.logFile !== "Sys::Syslog") {
    return [...given].filter((key) => key.startsWith("syslog_"))
      .map((key) => `${key} is ignored: log_file is not Sys::Syslog`);
  }
  return config.logFormat === "line" ? [] : ["log_format is ignored: syslog has a form of its own"];
}

function accessNotes(config: Config, given: ReadonlySet<string>): string[] {
  const { allow, deny, cidrAllow, cidrDeny, reverseLookups, doubleReverseLookups } = config;
  const notes: string[] = [];
  if (deny.length + cidrDeny.length > 0 && allow.length + cidrAllow.length === 0) {
    notes.push(
      "every client is denied: there are deny rules and no allow rules; add allow .* to allow all others",
    );
  }
  if (
    given.has("lookup_timeout") && isOff(reverseLookups) && isOff(doubleReverseLookups)
  ) {
    notes.push("lookup_timeout is ignored: reverse_lookups is not set");
  }
  return notes;
}

function isOff(word: string | undefined): boolean {
  return word === undefined || word === "0" || word === "off";
}
