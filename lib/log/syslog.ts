/**
 * The log to syslog (`log_file = "Sys::Syslog"`): lines of RFC 3164 to the log daemon of this machine or another.
 *
 * No call waits. What the daemon has no room for, or what is said while it is away, is kept and sent as soon as it is
 * back. Each process opens a socket of its own.
 *
 * @module
 */

import { isLinux } from "../os/constants.ts";
import { closeFd } from "../os/descriptor.ts";
import { runtime } from "../runtime/choose.ts";
import { parseFacility, parseIdent, parseLogopt } from "../config/syslog_words.ts";
import { escapeMessage, LEVEL, levelOf, localTime } from "./line_format.ts";
import type { LogSink } from "./sink.ts";
import { meaningOf, type SyslogPlace, waysOf } from "./syslog_options.ts";
import {
  BROKEN,
  connectTo,
  FULL,
  isClosedByPeer,
  sendNow,
  TOO_LONG,
  waitForRoom,
  type Way,
  writeToConsole,
} from "./syslog_socket.ts";

/** How many lines are kept while they cannot be sent; then the oldest are lost. */
export const MAX_QUEUED = 256;
/** The longest line in bytes, what stands before the message included; the rest is cut off. */
export const MAX_LINE_BYTES = 8192;
/** How long {@linkcode SyslogSink.close} waits for what is still queued, in milliseconds. */
const CLOSE_WAIT_MS = 100;
/** After how long what is queued is tried again, in milliseconds; the time doubles up to the last. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

const CONSOLE = "/dev/console";
const encoder = new TextEncoder();
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What a log to syslog needs to know. */
export interface SyslogOptions extends Partial<SyslogPlace> {
  /** `syslog_logsock`. The local socket by default. */
  readonly logsock?: string | undefined;
  /** `syslog_ident`. `net_server` by default. */
  readonly ident?: string | undefined;
  /** `syslog_logopt`. `pid` by default. */
  readonly logopt?: string | undefined;
  /** `syslog_facility`. `daemon` by default. */
  readonly facility?: string | undefined;
  /** The console that `cons` and `console` mean. `/dev/console` by default. */
  readonly console?: string;
}

/** `Nov  4 08:05:01`, in local time (RFC 3164, 4.1.2). */
export function syslogTime(date: Date = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const { month, day, hour, minute, second } = localTime(date);
  return `${MONTHS[month - 1]} ${String(day).padStart(2, " ")} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** Sends lines to syslog. */
export class SyslogSink implements LogSink {
  readonly name = "syslog";
  readonly takesPrinted = true;
  readonly #ways: readonly Way[];
  readonly #facility: number;
  readonly #tag: string;
  readonly #toConsole: boolean;
  readonly #console: string;
  #fd: number | undefined;
  /** The way that `#fd` goes, or the one to try first. */
  #way = 0;
  #hasSent = false;
  readonly #queue: string[] = [];
  /** How much of the first line has gone into a stream. */
  #offset = 0;
  #lost = 0;
  // deno-lint-ignore tine/no-timers -- the type alone
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * Opens nothing yet, unless `syslog_logopt` has `ndelay`.
   *
   * @throws {ConfigError} if an option has a value that means nothing
   */
  constructor(options: SyslogOptions = {}) {
    const { logsock = "", ident = "net_server", logopt = "pid", facility = "daemon" } = options;
    this.#ways = waysOf(logsock, {
      path: options.path ?? (isLinux ? "/dev/log" : "/var/run/syslog"),
      host: options.host ?? "127.0.0.1",
      port: options.port ?? 514,
    });
    const opts = meaningOf("syslog_logopt", logopt, parseLogopt);
    this.#facility = meaningOf("syslog_facility", facility, parseFacility);
    this.#tag = meaningOf("syslog_ident", ident, parseIdent) + (opts.has("pid") ? `[${runtime.pid}]` : "");
    this.#toConsole = this.#ways.length === 0 || opts.has("cons");
    this.#console = options.console ?? CONSOLE;
    if (opts.has("ndelay")) this.#connect();
  }

  /** How many lines wait to be sent. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Sends a message, or keeps it for later. What is not printable in it is escaped, so that it forges no line. */
  write(level: number, message: string): void {
    const text = escapeMessage(message);
    if (this.#queue.length >= MAX_QUEUED) {
      // Of a stream, a line that was begun must be ended.
      this.#queue.splice(this.#offset > 0 ? 1 : 0, 1);
      this.#lost++;
    }
    this.#queue.push(this.#format(level, text));
    this.flush();
    if (this.#queue.length > 0) this.#tryLater(FIRST_RETRY_MS);
  }

  /** Tries again by itself: the next line may come much later. */
  #tryLater(ms: number): void {
    // deno-lint-ignore tine/no-timers -- a datagram socket does not tell when a daemon is back
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (!this.flush()) this.#tryLater(Math.min(2 * ms, LAST_RETRY_MS));
    }, ms);
  }

  #stopTrying(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #format(level: number, text: string): string {
    const priority = this.#facility << 3 | levelOf(level).priority;
    return `<${priority}>${syslogTime()} ${this.#tag}: ${text}`.slice(0, MAX_LINE_BYTES);
  }

  /** Sends what is queued as far as that is possible at once. Says whether all is gone. */
  flush(): boolean {
    let mayConnect = true;
    while (this.#queue.length > 0) {
      if (this.#fd === undefined && !this.#connect()) return this.#resort();
      const result = this.#sendFirst(this.#fd as number);
      if (result === FULL) return false;
      if (result !== BROKEN) continue;
      this.#disconnect();
      // A daemon that was started again is found at the second try; one that is away is not waited for.
      if (!mayConnect) return this.#resort();
      mayConnect = false;
    }
    return true;
  }

  /** Sends the first line, or what is left of it. */
  #sendFirst(fd: number): number {
    const way = this.#ways[this.#way] as Way;
    if (this.#lost > 0 && this.#offset === 0) {
      this.#queue.unshift(this.#format(LEVEL.warning, `${this.#lost} lines to syslog were lost`));
      this.#lost = 0;
    }
    const line = this.#queue[0] as string;
    if (way.kind === "datagram") {
      const result = sendNow(fd, encoder.encode(line));
      if (result >= 0 || result === TOO_LONG) this.#queue.shift();
      if (result === TOO_LONG) this.#lost++;
      if (result >= 0) this.#hasSent = true;
      return result;
    }
    if (isClosedByPeer(fd)) return BROKEN;
    // Lines of a stream end as RFC 6587 (3.4.2) says, on the local socket as the C library ends them.
    const bytes = encoder.encode(`${line}${way.address.transport === "unix" ? "\0" : "\n"}`);
    const sent = sendNow(fd, bytes.subarray(this.#offset));
    if (sent < 0) return sent;
    this.#hasSent = true;
    this.#offset += sent;
    if (this.#offset === bytes.length) {
      this.#queue.shift();
      this.#offset = 0;
    }
    return sent;
  }

  /** Tries each way once, and keeps the first that is open. */
  #connect(): boolean {
    for (let i = 0; i < this.#ways.length; i++) {
      const way = (this.#way + i) % this.#ways.length;
      this.#fd = connectTo(this.#ways[way] as Way);
      if (this.#fd === undefined) continue;
      this.#way = way;
      this.#hasSent = false;
      return true;
    }
    return false;
  }

  #disconnect(): void {
    if (this.#fd !== undefined) closeFd(this.#fd);
    this.#fd = undefined;
    this.#offset = 0;
    // A way that took nothing is tried last, the one that has worked first.
    if (!this.#hasSent) this.#way = (this.#way + 1) % Math.max(1, this.#ways.length);
  }

  /** Where the daemon is away: what is queued goes to the console if that was asked for, and stays otherwise. */
  #resort(): boolean {
    if (!this.#toConsole) return false;
    for (let line = this.#queue[0]; line !== undefined; line = this.#queue[0]) {
      if (!writeToConsole(this.#console, line.replace(/^<\d+>/, ""))) return false;
      this.#queue.shift();
    }
    return true;
  }

  /**
   * Sends what is queued, for which it waits 100 ms at most, and closes the socket. What is written afterwards opens
   * it again.
   */
  close(): void {
    this.#stopTrying();
    const end = performance.now() + CLOSE_WAIT_MS;
    while (!this.flush() && this.#fd !== undefined) {
      const left = Math.ceil(end - performance.now());
      if (left <= 0 || !waitForRoom(this.#fd, left)) break;
    }
    if (this.#fd !== undefined) closeFd(this.#fd);
    this.#fd = undefined;
  }
}
