/**
 * What the table cannot say of one value alone: options and values that are not supported, and conditions between
 * options.
 *
 * @module
 */

import { type Choice, choosePersonality } from "../personality/multi_type.ts";
import { type Personality, type PersonalityName, RUNNABLE, takesOption } from "../personality/personality.ts";
import { type Config, findOption, type OptionRow, type PortEntry } from "./options.ts";

/** The protocols that can be listened on so far. */
const LISTENABLE: readonly string[] = ["tcp", "udp", "unix", "unixdgram"];
/** The protocols that Net::Server knows. */
const PROTOCOLS: readonly string[] = ["tcp", "udp", "unix", "unixdgram", "ssl", "ssleay"];

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
      if (!/^(Sys::Syslog|Log::Log4perl)$/.test(String(value))) return undefined;
      return { reason: NOT_YET, remedy: "give the path of a file" };
    case "unix_mode":
      if (/^(?:0o?)?[0-7]{3}$/.test(String(value))) return undefined;
      return { reason: "it is no mode in octal", remedy: "give three digits from 0 to 7, such as 0660" };
    case "udp_recv_flags":
      return refuseFlags(Number(value));
    default:
      return undefined;
  }
}

/** Flags of recv(2) with which a server of datagrams could not work. The numbers are the same on all systems. */
function refuseFlags(flags: number): Refusal | undefined {
  if (flags & 2) {
    return { reason: "with MSG_PEEK (2) the same datagram would come for ever", remedy: "leave that out" };
  }
  if (flags & 1) return { reason: "no datagram has MSG_OOB (1)", remedy: "leave that out" };
  return undefined;
}

/** A protocol may stand together with an IP version: `tcp IPv4`. */
function refuseProtocol(text: string): Refusal | undefined {
  const name = withoutIpVersion(text).trim().toLowerCase();
  if (LISTENABLE.includes(name)) return undefined;
  const remedy = `give ${LISTENABLE.slice(0, -1).join(", ")} or ${LISTENABLE.at(-1)}`;
  return { reason: PROTOCOLS.includes(name) ? NOT_YET : "there is no such protocol", remedy };
}

/** The full grammar of ports is `lib/listen/port_spec.ts`; here only the protocol counts. */
function refusePort(entry: PortEntry): Refusal | undefined {
  if (typeof entry !== "string") return entry.proto === undefined ? undefined : refuseProtocol(entry.proto);
  const proto = /[,|\s:/](tcp|udp|ssl|ssleay|unix|unixdgram)\s*$/i.exec(withoutIpVersion(entry))?.[1];
  return proto === undefined ? undefined : refuseProtocol(proto);
}

function withoutIpVersion(text: string): string {
  return text.replace(/[,|\s:/]+IPv[*\d]+/gi, "");
}

/** Why none of the personalities that `server_type` lists can run; undefined if one can. */
export function refusePersonalities(names: readonly PersonalityName[]): Refusal | undefined {
  if (choosePersonality(names).personality !== undefined) return undefined;
  return { reason: NOT_YET, remedy: `give ${RUNNABLE.join(" or ")}` };
}

/** Remarks on the choice of the personality, and on options that it does not take. */
export function personalityNotes(
  { skipped }: Choice,
  chosen: Personality,
  given: Iterable<string>,
): string[] {
  const notes = skipped.map((name) => `Cannot become ${name}: ${NOT_YET}; trying the next server_type`);
  for (const key of given) {
    const row = findOption(key);
    if (row === undefined || takesOption(chosen, row)) continue;
    notes.push(`${key} is without effect: the personality ${chosen.name} does not take it`);
  }
  return notes;
}

/**
 * Remarks on options that stand together and do not do what one may have meant.
 *
 * @param config The options in force.
 * @param given The keys that a source gave.
 */
export function conditions(config: Config, given: ReadonlySet<string>): string[] {
  const notes: string[] = [];
  if (given.has("lock_file") && config.serialize !== undefined && config.serialize !== "flock") {
    notes.push(`lock_file is without effect: serialize is ${config.serialize}, and flock alone locks a file`);
  }
  if (config.checkForDequeue !== undefined && !config.maxDequeue) {
    notes.push("check_for_dequeue is without effect: max_dequeue is not set");
  }
  if (config.maxDequeue && config.checkForDequeue === undefined) {
    notes.push("max_dequeue is without effect: check_for_dequeue is not set");
  }
  const { exec } = config;
  for (const key of ["exec_timeout", "exec_kill_after", "exec_stderr"]) {
    if (given.has(key) && exec.length === 0) notes.push(`${key} is without effect: exec is not set`);
  }
  if (given.has("idle_timeout") && exec.length > 0) {
    notes.push(
      "idle_timeout is without effect: the program of exec reads by itself; exec_timeout limits its time",
    );
  }
  for (const key of ["host", "proto", "ipv"] as const) {
    if (given.has(key) && config[key].length > config.port.length) {
      notes.push(
        `${key} is given ${config[key].length} times for ${config.port.length} port: the last are not used`,
      );
    }
  }
  return notes;
}
