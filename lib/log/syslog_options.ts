/**
 * The options `syslog_logsock`, `syslog_ident`, `syslog_logopt` and `syslog_facility`. Pure.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Way } from "./syslog_socket.ts";

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

/** Where the log daemon is. */
export interface SyslogPlace {
  /** The local socket. `/dev/log` by default, on macOS `/var/run/syslog`. */
  readonly path: string;
  /** The address for `udp`, `tcp` and `inet`. `127.0.0.1` by default. */
  readonly host: string;
  /** The port there. 514 by default. */
  readonly port: number;
}

/**
 * The ways to try, in order. The local socket takes datagrams with most daemons, and a stream with some; `native` is
 * what the C library does, which is the same.
 *
 * @throws {ConfigError} if there is no such way
 */
export function waysOf(logsock: string, place: SyslogPlace): readonly Way[] {
  const local = { transport: "unix", hostname: "", port: 0, path: place.path } as const;
  const udp: Way = {
    address: { transport: "udp", hostname: place.host, port: place.port },
    kind: "datagram",
  };
  const tcp: Way = { address: { transport: "tcp", hostname: place.host, port: place.port }, kind: "stream" };
  switch (logsock.toLowerCase()) {
    case "":
    case "native":
    case "unix":
      return [{ address: local, kind: "datagram" }, { address: local, kind: "stream" }];
    case "stream":
      return [{ address: local, kind: "stream" }];
    case "udp":
      return [udp];
    case "tcp":
      return [tcp];
    case "inet":
      return [tcp, udp];
    case "console":
      return [];
  }
  throw new ConfigError(
    `Cannot use syslog_logsock "${logsock}": there is no such way; give native, unix, stream, udp, tcp, inet or console`,
    { option: "syslog_logsock" },
  );
}

/** The number of a facility, `daemon` or `LOG_DAEMON`. @throws {ConfigError} if there is no such facility */
export function facilityOf(text: string): number {
  const name = text.toLowerCase().replace(/^log_/, "");
  const number = Object.hasOwn(FACILITIES, name) ? FACILITIES[name] : undefined;
  if (number !== undefined) return number;
  throw new ConfigError(
    `Cannot use syslog_facility "${text}": there is no such facility; give ${
      Object.keys(FACILITIES).join(", ")
    }`,
    { option: "syslog_facility" },
  );
}

/** The words of `syslog_logopt`. @throws {ConfigError} if one is unknown */
export function logoptsOf(text: string): ReadonlySet<string> {
  const words = text.split(/[,|\s]+/).filter((word) => word !== "");
  const unknown = words.find((word) => !LOGOPTS.includes(word));
  if (unknown === undefined) return new Set(words);
  throw new ConfigError(
    `Cannot use syslog_logopt "${text}": ${unknown} is unknown; give ${LOGOPTS.slice(0, 4).join(", ")}`,
    { option: "syslog_logopt" },
  );
}

/** The name before each line. @throws {ConfigError} if it is not printable */
export function identOf(text: string): string {
  if (/^[ -~]+$/.test(text)) return text;
  throw new ConfigError(
    `Cannot use syslog_ident ${JSON.stringify(text)}: it is empty or not printable ASCII; give a plain word`,
    { option: "syslog_ident" },
  );
}
