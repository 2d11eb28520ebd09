/**
 * The ways to a log daemon that `syslog_logsock` means, and the values of the other options of syslog. Pure.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { isRefusal, parseLogsock, type SyslogRefusal } from "../config/syslog_words.ts";
import type { Way } from "./syslog_socket.ts";

/** Where the log daemon is, unless `syslog_logsock` says so. */
export interface SyslogPlace {
  /** The local socket. `/dev/log` by default, on macOS `/var/run/syslog`. */
  readonly path: string;
  /** The address for `udp`, `tcp` and `inet`. `127.0.0.1` by default. */
  readonly host: string;
  /** The port there. 514 by default. */
  readonly port: number;
}

/** What an option means. @throws {ConfigError} if it means nothing */
export function meaningOf<T>(option: string, text: string, parse: (text: string) => T | SyslogRefusal): T {
  const parsed = parse(text);
  if (!isRefusal(parsed)) return parsed;
  throw new ConfigError(
    `Cannot use ${option} ${JSON.stringify(text)}: ${parsed.reason}; ${parsed.remedy}`,
    { option },
  );
}

/**
 * The ways to try, in order. The local socket takes datagrams with most daemons, and a stream with some; `native` is
 * what the C library does, which is the same.
 *
 * @throws {ConfigError} if there is no such way
 */
export function waysOf(logsock: string, place: SyslogPlace): readonly Way[] {
  const { way, path = place.path, host = place.host, port = place.port } = meaningOf(
    "syslog_logsock",
    logsock,
    parseLogsock,
  );
  const local = { transport: "unix", hostname: "", port: 0, path } as const;
  const udp: Way = { address: { transport: "udp", hostname: host, port }, kind: "datagram" };
  const tcp: Way = { address: { transport: "tcp", hostname: host, port }, kind: "stream" };
  switch (way) {
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
}
