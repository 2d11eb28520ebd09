/**
 * The words in which syslog is configured: `syslog_logsock`, `syslog_ident`, `syslog_logopt`, `syslog_facility`. Whoever
 * reads the configuration checks them, and each process that logs understands them. Pure.
 *
 * @module
 */

/** The facilities of syslog(3), and `security`, which is an older name. */
const FACILITIES: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

const LOGOPTS: readonly string[] = ["cons", "ndelay", "nowait", "pid", "nofatal"];

/** The ways to a log daemon, as Sys::Syslog names them; an empty one is `native`. */
const WAYS = ["native", "unix", "stream", "inet", "udp", "tcp", "console"] as const;

/** Why a word is refused, and what to do. */
export interface SyslogRefusal {
  /** Why, as the rest of a sentence. */
  readonly reason: string;
  /** What to do. */
  readonly remedy: string;
}

/** How to reach the daemon. */
export interface Logsock {
  /** The way. */
  readonly way: (typeof WAYS)[number];
  /** The path of a local socket, where one is named. */
  readonly path?: string;
  /** The address, where one is named. */
  readonly host?: string;
  /** The port, where one is named. */
  readonly port?: number;
}

const WAY_REMEDY = `give ${WAYS.slice(0, -1).join(", ")} or ${WAYS.at(-1)}`;

/** `192.0.2.1`, `192.0.2.1:514`, `[2001:db8::1]:514`, `localhost`. Whether it is an address is not looked at. */
function parseHost(way: Logsock["way"], text: string): Logsock | SyslogRefusal {
  const found = /^(?:\[([\da-f:.]+)\]|([\d.]+|localhost))(?::(\d{1,5}))?$/i.exec(text);
  const port = found?.[3] === undefined ? undefined : Number(found[3]);
  if (found === null || port === 0 || (port ?? 1) > 65535) {
    return {
      reason: `${text} is no address, or its port is none`,
      remedy: `write it as ${way}:192.0.2.1:514 or ${way}:[2001:db8::1]:514`,
    };
  }
  const host = found[1] ?? (/^localhost$/i.test(found[2] as string) ? "127.0.0.1" : found[2] as string);
  return port === undefined ? { way, host } : { way, host, port };
}

/**
 * Reads `syslog_logsock`: one of Sys::Syslog's words; beyond that, `unix:/run/log` and `stream:/run/log` name the local
 * socket, `udp:192.0.2.1:514`, `tcp:192.0.2.1` and `inet:…` the daemon's address.
 */
export function parseLogsock(text: string): Logsock | SyslogRefusal {
  const colon = text.indexOf(":");
  const word = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const way = word === "" ? "native" : WAYS.find((one) => one === word);
  if (way === undefined) return { reason: `there is no way "${word}"`, remedy: WAY_REMEDY };
  if (colon < 0) return { way };
  const where = text.slice(colon + 1);
  if (way === "unix" || way === "stream") {
    if (where.startsWith("/") && where.length <= 100) return { way, path: where };
    return { reason: `"${where}" is no path from the root of at most 100 characters`, remedy: "give one" };
  }
  if (way === "native" || way === "console") {
    return { reason: `${way} leads to one place alone`, remedy: `give ${way} without a place` };
  }
  return parseHost(way, where);
}

/** The number of a facility: `daemon` or `LOG_DAEMON`. */
export function parseFacility(text: string): number | SyslogRefusal {
  const name = text.toLowerCase().replace(/^log_/, "");
  return (Object.hasOwn(FACILITIES, name) ? FACILITIES[name] : undefined) ??
    { reason: "there is no such facility", remedy: `give ${Object.keys(FACILITIES).join(", ")}` };
}

/** The words of `syslog_logopt`. */
export function parseLogopt(text: string): ReadonlySet<string> | SyslogRefusal {
  const words = text.split(/[,|\s]+/).filter((word) => word !== "");
  const unknown = words.find((word) => !LOGOPTS.includes(word));
  if (unknown === undefined) return new Set(words);
  return { reason: `${unknown} is unknown`, remedy: `give ${LOGOPTS.slice(0, 4).join(", ")}` };
}

/** The name before each line. */
export function parseIdent(text: string): string | SyslogRefusal {
  if (/^[ -~]+$/.test(text)) return text;
  return { reason: "it is empty or not printable ASCII", remedy: "give a plain word" };
}

/** The options that are read here, by Net::Server's names. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  syslog_logsock: parseLogsock,
  syslog_ident: parseIdent,
  syslog_logopt: parseLogopt,
  syslog_facility: parseFacility,
};

/** Whether what a parser gave is a refusal. */
export function isRefusal(parsed: unknown): parsed is SyslogRefusal {
  return typeof parsed === "object" && parsed !== null && "remedy" in parsed;
}

/** Why an option of syslog's may not have a value; undefined if it may. */
export function refuseSyslogOption(key: string, text: string): SyslogRefusal | undefined {
  const parsed = PARSERS[key]?.(text);
  return isRefusal(parsed) ? parsed : undefined;
}
